"""Maps of several sizes: one of each beside the picture."""

import numpy as np
import pytest
import torch

from dltui.engine.data.scene_masks import build as scenes
from dltui.engine.models import fcn, pspnet
from dltui.engine.probes.stage_maps import build
from dltui.engine.tasks import segment
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return scenes(train_rows=10, test_rows=3).builtin()


def task(data, net):
    return segment.build(judge="classes")(context(data, {"model": net.eval().requires_grad_(False)}))


def test_the_strongest_map_of_each_size_is_shown(data):
    torch.manual_seed(0)
    (picture,) = build(picture=4)(task(data, pspnet.build(classes=4))).pictures()
    pixels = picture.payload["pixels"]
    assert picture.payload["captions"] == ["input", "1 x 1", "2 x 2", "3 x 3", "6 x 6"]
    assert pixels.shape == (40, 200, 3)
    assert (pixels[:, :40] == data.test.inputs[1].permute(1, 2, 0).numpy()).all()
    coarse = pixels[:, 80:120, 0]
    assert (coarse == np.kron(coarse[::20, ::20], np.ones((20, 20)))).all()
    assert all(pixels[:, start : start + 40].max() == 255 for start in (40, 80, 120, 160))


def test_a_net_without_stages_is_refused(data):
    with pytest.raises(DltuiError, match="which FCN does not have"):
        build()(task(data, fcn.build(classes=4)))
