"""Pitch by autocorrelation is the pitch; what a net is not to hear changes nothing; gradients reach every weight."""

import math

import pytest
import torch

from dltui.engine.models.prosody_net import build, pitch_of

RATE = 8000


def voice(f: float, loud: float = 0.5, seconds: float = 0.6) -> torch.Tensor:
    """Ten harmonics of f Hz (1, samples)."""
    t = torch.arange(round(seconds * RATE)) / RATE
    return loud * sum(torch.sin(2 * math.pi * h * f * t + h) / h for h in range(1, 11))[None]


@pytest.mark.parametrize("f", [80.0, 131.0, 247.0, 390.0])
def test_the_pitch_of_harmonics_is_found_within_half_a_semitone(f):
    pitch, voiced, _ = pitch_of(voice(f), RATE)
    assert voiced.all() and (12 * (pitch - math.log2(f))).abs().max() < 0.5


def test_noise_and_silence_are_not_voiced():
    torch.manual_seed(0)
    assert pitch_of(torch.randn(1, 4800), RATE)[1].mean() < 0.1
    half = torch.cat([voice(120), 1e-3 * voice(120)], 1)
    voiced = pitch_of(half, RATE)[1][0]
    assert voiced[:12].all() and not voiced[-12:].any()


def test_neither_loudness_nor_the_speakers_level_matters():
    net = build().eval()
    one, louder, higher = (net.contours(x) for x in (voice(100), voice(100, 0.1), voice(200)))
    torch.testing.assert_close(one, louder, atol=1e-3, rtol=1e-3)
    assert (one[:, 0] - higher[:, 0]).abs().max() < 0.2


def test_what_it_is_not_to_hear_changes_nothing():
    rising = torch.cat([voice(f, seconds=0.15) for f in (100, 130, 160, 200)], 1)
    falling = torch.cat([voice(f, seconds=0.15) for f in (200, 160, 130, 100)], 1)
    both, energy = build().eval(), build(hears="energy").eval()
    assert (both.contours(rising)[0, 0] - both.contours(falling)[0, 0]).abs().max() > 1
    assert not energy.contours(rising)[0, 0].any()
    mean = build(hears="mean_pitch").eval().contours(rising)[0]
    assert (mean[0] == mean[0, 0]).all() and not mean[1:].any()


def test_shape_and_gradients():
    torch.manual_seed(0)
    net = build(width=4, classes=3)
    out = net(torch.randn(5, 9600))
    assert out.shape == (5, 3)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
