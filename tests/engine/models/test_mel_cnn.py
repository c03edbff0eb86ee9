"""The net that listens: how loud a sound is does not matter, and it is moved about in training only."""

import torch

from dltui.engine.models import mel_cnn


def sounds() -> torch.Tensor:
    return torch.randn(4, 6400, generator=torch.Generator().manual_seed(0)) * torch.linspace(0, 0.3, 6400)


def test_loudness_does_not_matter():
    """Guards the division by the loudest band."""
    net = mel_cnn.build().eval()
    assert torch.allclose(net.log_mel(sounds()), net.log_mel(0.1 * sounds()), atol=1e-3)
    assert torch.isfinite(net(torch.zeros(2, 6400))).all(), "nor does silence break it"


def test_a_sound_is_moved_in_training_and_not_when_it_is_judged():
    net = mel_cnn.build(shift=2, dropout=0.0)
    picture = net.log_mel(sounds())
    torch.manual_seed(0)
    moved = net._shifted(picture)
    assert moved.shape == picture.shape and not torch.equal(moved, picture)
    bands = {(up, late) for up in range(-2, 3) for late in range(-4, 5)
             if torch.equal(moved[0, 0, 4:-4, 8:-8], picture[0, 0].roll((-up, -late), (0, 1))[4:-4, 8:-8])}  # fmt: skip
    assert len(bands) == 1
    net.eval()
    assert torch.equal(net(sounds()), net(sounds()))
