"""The constant-Q transform: equal to its definition, windows as Brown says, a chord keeps its shape at every pitch."""

import cmath
import math

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.cqt import RATE, bandwidths, build, kernels, quality, rows_of, transformed
from tests.engine.conftest import context


def made(seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(context())


def test_windows_are_browns():
    """Q of 16.82 and 34.13 stands in the paper for 12 and 24 rows an octave."""
    assert quality(12) == pytest.approx(16.82, abs=0.01) and quality(24) == pytest.approx(34.13, abs=0.01)
    f, N = rows_of("constant_q", 24, 256)
    assert torch.equal(N, (quality(24) * RATE / f).round().long())
    assert torch.allclose(f[1:] / f[:-1], torch.tensor(2 ** (1 / 24), dtype=torch.float64))


def test_a_row_is_the_sum_of_the_definition():
    f, N = rows_of("constant_q", 12, 256)
    L = int(N.max())
    x = torch.randn(L, dtype=torch.float64)
    found = transformed(x, kernels(f, N))[0]  # (R,)
    for k in (0, 20, 50):
        length = int(N[k])
        first = (L - length) // 2
        w = [0.5 - 0.5 * math.cos(2 * math.pi * m / length) for m in range(length)]
        turned = (cmath.exp(-2j * math.pi * f[k].item() * (m - length // 2) / RATE) for m in range(length))
        want = sum(a * b * c for a, b, c in zip(w, x[first : first + length].tolist(), turned, strict=True)) / sum(w)
        assert abs(found[k].item() - want) < 1e-9


def test_the_half_power_bandwidth_is_that_of_a_hann_window():
    """1.44 bins of rate / N (Harris 1978, table 1)."""
    f, N = torch.tensor([500.0, 1000.0]).double(), torch.tensor([256, 512])
    assert torch.allclose(bandwidths(kernels(f, N)) * N / RATE, torch.tensor(1.44).double(), atol=0.01)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_chord_keeps_its_shape_in_rows_of_notes_alone(seed):
    cqt, stft = (made(seed, transform=kind) for kind in ("constant_q", "stft"))
    assert set(cqt.distances) == {14} and sum(cqt.named) == 27  # 7 semitones, two rows each
    assert np.ptp(stft.distances) > 20 and sum(stft.named) < 23


def test_what_is_played_is_where_the_picture_shows_it():
    walk = made()
    moment = walk.at(walk.length)
    values = moment.pictures[0].payload["values"]
    loudest = walk.f[values[:, round(0.2 * RATE / 160)].argmax()].item()
    assert min(abs(12 * math.log2(loudest / f)) for f in walk.chords[0]) < 0.5
