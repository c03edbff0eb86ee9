"""CRNN: frames of pictures of any width and of sounds; with the LSTM a frame knows what stands beside it."""

import pytest
import torch

from dltui.engine.models import crnn


def reach(net: torch.nn.Module) -> torch.Tensor:
    """(W,): whether a column changes the logits of the first frame."""
    picture = torch.rand(1, 1, 28, 96, requires_grad=True)
    net.eval()(picture)[0, 0].sum().backward()
    return picture.grad[0, 0].abs().sum(0) > 0


@pytest.mark.parametrize(("halvings", "frames"), [(0, 90), (1, 45), (2, 23), (3, 12)])
def test_each_halving_halves_the_frames(halvings, frames):
    net = crnn.build(halvings=halvings, target_words=7)
    assert net(torch.rand(3, 1, 28, 90)).shape == (3, frames, 7)


def test_gradients_reach_every_weight():
    net = crnn.build(channels=3, size=20, width=4, hidden=6)
    net(torch.rand(4, 3, 20, 60)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_a_sound_has_a_frame_for_each_two_moments():
    net = crnn.build(rate=8000, inputs=14400, halvings=1, target_words=9)
    assert net(0.1 * torch.randn(2, 14400)).shape == (2, 45, 9)


def test_only_with_the_lstm_a_frame_knows_the_whole_picture():
    torch.manual_seed(0)
    assert reach(crnn.build(width=4, hidden=6))[-8:].any()
    near = reach(crnn.build(width=4, hidden=0))
    assert near[:4].any() and not near[24:].any()
