"""A mask for a click: near the clicked embedding, whatever the click was for, and places only where they are asked."""

import pytest
import torch

from dltui.engine.models.promptable import build, places
from dltui.errors import DltuiError


def clicked(count: int = 2, size: int = 16) -> torch.Tensor:
    inputs = torch.rand(count, 4, size, size)
    inputs[:, 3] = 0
    inputs[:, 3, 4, 5] = inputs[:, 3, 4, 6] = 1
    return inputs


def test_it_is_the_formula_pixel_by_pixel():
    torch.manual_seed(0)
    net, inputs = build(width=2, embedding=3).eval(), clicked()
    e = net.embed(inputs[:, :3])
    found = net(inputs).softmax(1)[:, 1]
    for row, y, x in ((0, 0, 0), (1, 15, 3), (1, 4, 5)):
        q = (e[row, :, 4, 5] + e[row, :, 4, 6]) / 2
        distance = sum((e[row, k, y, x] - q[k]) ** 2 for k in range(3))
        assert found[row, y, x].item() == pytest.approx(torch.sigmoid(net.margin - distance).item(), abs=1e-5)


def test_the_clicked_pixel_is_in_the_mask_and_another_click_gives_another():
    torch.manual_seed(0)
    net, inputs = build().eval(), clicked(1)
    inputs[0, 3, 4, 6] = 0
    other = inputs.clone()
    other[0, 3] = inputs[0, 3].roll(7, 0)
    assert net(inputs)[0, 1, 4, 5] > 0 and net(other)[0, 1, 11, 5] > 0
    assert (net(inputs) != net(other)).any() and (net.embed(inputs[:, :3]) == net.embed(other[:, :3])).all()


def test_places_tell_equal_objects_apart():
    """Two equal shapes on a plain ground: their middles have one embedding, unless the net knows where they are."""
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, :, 20:28, 16:24] = picture[:, :, 20:28, 40:48] = 1
    for positions in (False, True):
        torch.manual_seed(0)
        net = build(depth=1, positions=positions).eval()
        apart = (net.embed(picture)[..., 24, 20] - net.embed(picture)[..., 24, 44]).abs().max()
        assert (apart > 1e-3) == positions


def test_places_are_shares_of_the_picture():
    x, y = places(torch.zeros(1, 3, 3, 5))[0]
    assert x[0].tolist() == [-1, -0.5, 0, 0.5, 1] and y[:, 0].tolist() == [-1, 0, 1]


def test_unprompted_it_gives_one_mask_whatever_is_clicked():
    torch.manual_seed(0)
    net, inputs = build(prompted=False).eval(), clicked()
    other = inputs.clone()
    other[:, 3] = inputs[:, 3].roll(7, 1)
    assert (net(inputs) == net(other)).all()


def test_without_a_click_it_is_finite():
    inputs = clicked()
    inputs[:, 3] = 0
    assert build(width=2)(inputs).isfinite().all()


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_without_a_click_are_refused(channels):
    with pytest.raises(DltuiError, match=r"data\.kind=clicks"):
        build(channels=channels)
