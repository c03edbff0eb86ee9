"""Sounds as pictures: how loud one is does not matter, and it is moved about in training only."""

import torch

from dltui.engine.layers.log_mel import LogMel


def sounds() -> torch.Tensor:
    return torch.randn(4, 6400, generator=torch.Generator().manual_seed(0)) * torch.linspace(0, 0.3, 6400)


def test_a_picture_is_square_however_long_the_sound():
    layer = LogMel(8000, 24, 0)
    assert layer(sounds()).shape == layer(sounds()[:, :1600]).shape == (4, 1, 24, 24)


def test_loudness_does_not_matter():
    """Guards the division by the loudest band."""
    layer = LogMel(8000, 32, 0)
    assert torch.allclose(layer(sounds()), layer(0.1 * sounds()), atol=1e-3)
    assert torch.isfinite(layer(torch.zeros(2, 6400))).all(), "nor does silence break it"


def test_a_sound_is_moved_in_training_and_not_when_it_is_judged():
    layer = LogMel(8000, 32, 2)
    picture = layer.eval()(sounds())
    assert torch.equal(picture, layer(sounds()))
    torch.manual_seed(0)
    moved = layer.train()(sounds())
    assert moved.shape == picture.shape and not torch.equal(moved, picture)
    bands = {(up, late) for up in range(-2, 3) for late in range(-4, 5)
             if torch.equal(moved[0, 0, 4:-4, 8:-8], picture[0, 0].roll((-up, -late), (0, 1))[4:-4, 8:-8])}  # fmt: skip
    assert len(bands) == 1
