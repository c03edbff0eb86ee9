"""Windows, cut out or run as convolutions: the answers are the same, and a pixel's depends on its window alone."""

import pytest
import torch

from dltui.engine.models.window_classifier import build, side_of


def net(**options):
    torch.manual_seed(0)
    return build(width=3, **options).eval()


@pytest.mark.parametrize(("levels", "side"), [(1, 10), (2, 22), (3, 46)])
def test_the_side_of_a_window(levels, side):
    assert side_of(levels) == side


@pytest.mark.parametrize("levels", [1, 2])
def test_windows_and_convolutions_answer_alike(levels):
    picture = torch.rand(2, 3, 18, 13)
    one, other = (net(levels=levels, classes=3, by=by)(picture) for by in ("windows", "convolutions"))
    assert one.shape == (2, 3, 18, 13) and torch.allclose(one, other, atol=1e-5)


def test_a_window_alone_has_the_logits_of_its_pixel():
    """A loop by hand: the window of a pixel in the middle, with no other pixel around."""
    model, picture = net(levels=2), torch.rand(1, 3, 30, 30)
    window = picture[..., 14 - 11 : 14 + 11, 16 - 11 : 16 + 11]
    assert torch.allclose(model(picture)[0, :, 14, 16], model.scores(window, 2)[0, :, 0, 0], atol=1e-5)


def test_nothing_outside_the_window_counts():
    model, picture = net(levels=1, by="windows"), torch.rand(1, 3, 24, 24)
    other = picture.clone()
    other[..., 12 + 5 :] += 5
    assert torch.equal(model(picture)[..., 12], model(other)[..., 12])
    assert not torch.equal(model(picture)[..., 13], model(other)[..., 13])


def test_it_is_trained_at_all_windows_at_once_and_every_weight_has_a_gradient():
    model = net(levels=2, by="windows").train()
    model.classified = None  # never asked
    model(torch.rand(2, 3, 24, 24)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
