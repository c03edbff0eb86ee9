"""Branch maps: what is drawn is what each branch gives for the picture that is shown."""

import numpy as np
import pytest
import torch

from dltui.engine.data import digits
from dltui.engine.models import inception, lenet
from dltui.engine.probes.branch_maps import brightest, build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, net, **options):
    return build(**options)(classify.build()(context(data, {"model": net})))


def shown(probe):
    with torch.no_grad():
        return next(probe.pictures()).payload


def test_each_row_holds_the_picture_and_the_maps_of_one_branch(data):
    """A map drawn in another branch's row, or scaled apart from its neighbours, would show."""
    torch.manual_seed(0)
    net = inception.build(channels=1).eval()
    payload = shown(made(data, net, picture=5, maps=3))
    x = data.test.inputs[5:6].float() / 255
    pixels = payload["pixels"].reshape(4, 8, 4, 8)  # branches, rows, columns of the sheet
    captions = np.reshape(payload["captions"], (4, 4))
    with torch.no_grad():
        maps = net.maps(x)
    assert list(captions[:, 0]) == list(maps) == ["1x1", "3x3", "5x5", "pool"]
    for row, of_branch in enumerate(maps.values()):
        units = [int(caption.removeprefix("map ")) for caption in captions[row, 1:]]
        want = of_branch[0, units] / of_branch[0, units].max()
        drawn = pixels[row, :, 1:].transpose(1, 0, 2) / 255
        assert np.abs(drawn - want.repeat_interleave(2, 1).repeat_interleave(2, 2).numpy()).max() < 0.01
        assert np.abs(pixels[row, :, 0] / 255 - x[0, 0].numpy()).max() < 0.01


def test_the_brightest_maps_are_chosen_and_keep_their_order():
    maps = torch.tensor([1.0, 5.0, 2.0, 4.0])[:, None, None].expand(4, 2, 2)
    chosen, units = brightest(maps, 2)
    assert units.tolist() == [1, 3] and chosen.amax((1, 2)).tolist() == [5, 4]
    assert brightest(maps, 9)[1].tolist() == [0, 1, 2, 3]


def test_the_picture_can_be_turned_and_a_net_without_branches_is_refused(data):
    probe = made(data, inception.build(channels=1).eval())
    before = shown(probe)["pixels"]
    probe.picture = 1
    assert not np.array_equal(shown(probe)["pixels"], before)
    with pytest.raises(DltuiError, match="not of LeNet"):
        made(data, lenet.build(size=12))
