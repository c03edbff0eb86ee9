"""Class maps: what is drawn are a net's own maps, and how far logits are from their means is measured."""

import numpy as np
import pytest
import torch

from dltui.engine.data import digits
from dltui.engine.models import lenet, nin
from dltui.engine.probes.class_maps import METRICS, build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, net, **options):
    return build(**options)(classify.build()(context(data, {"model": net})))


def net_with(head="average"):
    torch.manual_seed(0)
    return nin.build(head=head, channels=1, size=8).eval()


def shown(probe):
    with torch.no_grad():
        [picture] = probe.pictures()
    return picture.payload


def test_each_row_holds_a_picture_the_map_of_its_class_and_of_the_strongest_other(data):
    net = net_with()
    payload = shown(made(data, net, picture=5, pictures=4))
    pixels = payload["pixels"].reshape(4, 8, 3, 8) / 255  # pictures, rows, columns of the sheet
    x, targets = data.test.inputs[5:9].float() / 255, data.test.targets[5:9].tolist()
    with torch.no_grad():
        maps, logits = net.class_maps(x).clamp(min=0), net(x)  # (4, 10, 2, 2)
    for row, target in enumerate(targets):
        other = next(k for k in logits[row].argsort(descending=True).tolist() if k != target)
        assert payload["captions"][3 * row : 3 * row + 3] == [f"is {target}", f"map {target}", f"map {other}"]
        assert np.abs(pixels[row, :, 0] - x[row, 0].numpy()).max() < 0.01
        want = maps[row, [target, other]] / maps[row, [target, other]].max()
        drawn = pixels[row, :, 1:].transpose(1, 0, 2)
        assert np.abs(drawn - want.repeat_interleave(4, 1).repeat_interleave(4, 2).numpy()).max() < 0.01


def test_a_logit_that_is_not_the_mean_of_its_map_is_seen(data):
    with torch.no_grad():
        errors = [made(data, net_with(head)).evaluate() for head in ("average", "linear")]
    assert set(errors[0]) == set(METRICS)
    assert errors[0]["logit_error"] <= 1e-6 and errors[1]["logit_error"] > 0.01


def test_pictures_begin_again_and_a_net_without_class_maps_is_refused(data):
    rows = len(data.test.targets)
    assert shown(made(data, net_with(), picture=rows - 1))["rows"] == 4
    with pytest.raises(DltuiError, match="not of LeNet"):
        made(data, lenet.build(size=12))
