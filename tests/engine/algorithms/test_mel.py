"""The mel spectrogram equals torchaudio's; a wrong window, scale or border does not."""

import math
import warnings

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import mel
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.layers import torch_audio
from dltui.errors import DltuiError
from tests.engine.conftest import context


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


# -- shown step by step ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words() -> Dataset:
    generator = torch.Generator().manual_seed(0)
    rows = Split(torch.rand(4, 2400, generator=generator) * 2 - 1, torch.tensor([0, 1, 0, 1]))
    return Dataset(rows, rows, ("yes", "no"), "builtin", "noise", {"rate": 8000, "classes": 2, "inputs": 2400})


def made(words, steps=None):
    torch.manual_seed(0)
    walk = mel.build()(context(words))
    moment = walk.at(walk.length if steps is None else steps)
    return walk, moment.metrics, {picture.pane: picture.payload for picture in moment.pictures}


def test_the_steps_come_one_after_the_other(words):
    names = []
    for steps in range(6):
        *_, shown = made(words, steps)
        curves = [
            curve["name"] for pane in ("the frame", "its spectrum") for curve in shown.get(pane, {}).get("curves", ())
        ]
        names.append(len(curves))
        filled = np.isfinite(shown["mel spectrogram"]["values"]).any(0).sum()
        assert filled == (steps == 5)
    assert names == [1, 1, 2, 3, 4, 5]


def test_then_the_frames_fill_the_picture(words):
    walk, _, shown = made(words, 5 + 12)
    known = np.isfinite(shown["mel spectrogram"]["values"]).any(0)
    assert known[:12].all() and known[12:].sum() == (walk.first >= 12)
    walk, metrics, shown = made(words)
    assert np.isfinite(shown["mel spectrogram"]["values"]).all()
    assert metrics["steps_shown"] == 5 + len(walk.frames)


def test_it_equals_torchaudios_on_the_word(words):
    found = made(words, 10)[1]
    assert found["error"] <= 1e-5 and found["log_error"] <= 1e-4


def test_the_product_is_that_of_samples_and_window(words):
    *_, before = made(words, 1)
    *_, after = made(words, 2)
    samples = before["the frame"]["curves"][0]["y"]
    product, window = (curve["y"] for curve in after["the frame"]["curves"])
    assert np.allclose(product, samples * window / np.abs(samples).max())


def test_it_wants_sounds(data):
    with pytest.raises(DltuiError, match="needs sounds"):
        mel.build()(context(data))
