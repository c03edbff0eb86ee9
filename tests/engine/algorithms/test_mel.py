"""The mel spectrogram equals torchaudio's; a wrong window, scale or border does not."""

import math
import warnings

import pytest
import torch

from dltui.engine.algorithms import mel
from dltui.engine.layers import torch_audio


def sound(samples: int = 3000) -> torch.Tensor:
    return torch.randn(samples, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def theirs(x: torch.Tensor, rate: int, N: int, hop: int, M: int, **options) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # filters so narrow that none of the bins lies in them
        transform = torch_audio.load().transforms.MelSpectrogram(rate, N, hop_length=hop, n_mels=M, **options)
    return transform.double()(x)


@pytest.mark.parametrize(("rate", "N", "hop", "M"), [(8000, 256, 80, 32), (16000, 400, 160, 40), (22050, 512, 300, 13)])
def test_it_equals_torchaudios(rate, N, hop, M):
    """Guards every step. Theirs are told to be wrong in turn, and each differs by a thousand times as much."""
    x = sound()
    ours, want = mel.mel_spectrogram(x, rate, N, hop, M), theirs(x, rate, N, hop, M)
    assert ours.shape == want.shape
    error = (ours - want).abs().max() / want.max()
    assert error <= 1e-5
    wrong = [
        {"wkwargs": {"periodic": False}},  # n / (N - 1)
        {"pad_mode": "constant"},  # silence around the sound
        {"mel_scale": "slaney"},  # another scale
        {"norm": "slaney"},  # filters of equal area
        {"power": 1.0},  # the size in place of its square
    ]
    for twin in wrong:
        assert (ours - theirs(x, rate, N, hop, M, **twin)).abs().max() / want.max() > 1000 * error, twin


@pytest.mark.parametrize("factor", [1127.0, 2595 / math.log(10)])
def test_the_factor_of_the_scale_falls_out(factor):
    """Corners that are even in 1125 ln(1 + f / 700) are even with any other factor; with 600 in place of 700 not."""
    corners = mel.hertz(torch.linspace(0, float(mel.mel(torch.tensor(4000.0))), 34, dtype=torch.float64))

    def steps(hertz: float) -> torch.Tensor:
        return (factor * torch.log1p(corners / hertz)).diff()

    assert torch.allclose(steps(700), steps(700)[0].expand(33))
    assert not torch.allclose(steps(600), steps(600)[0].expand(33), rtol=1e-2)


def test_hertz_undoes_mel_and_1000_hertz_are_about_1000_mel():
    f = torch.tensor([0.0, 100, 1000, 4000], dtype=torch.float64)
    assert torch.allclose(mel.hertz(mel.mel(f)), f)
    assert mel.mel(f[2]) == pytest.approx(1000, rel=0.005)


def test_neighbouring_filters_share_what_lies_between_their_middles():
    H = mel.filters(20, 512, 8000)
    between = (H > 0).sum(0) == 2
    assert between.sum() > 200 and torch.allclose(H.sum(0)[between], torch.ones(()).double())
    assert H.max() <= 1 and ((H > 0).sum(0) <= 2).all()


def test_silence_has_a_logarithm():
    assert torch.isfinite(mel.log_mel(torch.zeros(3))).all()
