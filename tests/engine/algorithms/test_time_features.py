"""Features from time alone: sines as calculus says, an envelope that is the modulation, and truths that are so."""

import math

import numpy as np
import torch
from scipy.signal import hilbert

from dltui.engine.algorithms import time_features
from dltui.engine.algorithms.time_features import RATE, balanced, build, crossings, envelope, rms, sine_errors, truths
from dltui.engine.generators import phones
from tests.engine.conftest import context


def sine(f: float, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * math.pi * f * torch.arange(round(seconds * RATE)).double() / RATE + 0.5)


def test_a_sine_has_the_rms_and_the_crossings_of_calculus():
    assert abs(rms(0.3 * sine(440)[None]).item() - 0.3 / math.sqrt(2)) < 1e-9
    assert abs(crossings(sine(440)[None], RATE).item() - 880) <= 1
    assert crossings((sine(440) + 2)[None], RATE).item() == 0  # lifted above zero
    assert max(sine_errors()) < 1e-3


def test_the_envelope_is_the_modulation_and_equal_to_scipys_before_it_is_smoothed(monkeypatch):
    slow = 0.5 + 0.3 * torch.sin(2 * math.pi * 3 * torch.arange(RATE).double() / RATE)
    assert (envelope(slow * sine(1000)) - slow)[400:-400].abs().max() < 0.01
    monkeypatch.setattr(time_features, "SMOOTH", 1)
    for length in (1000, 1001):
        x = torch.randn(length, dtype=torch.float64)
        assert np.allclose(envelope(x).numpy(), np.abs(hilbert(x.numpy())))


def test_a_frame_is_of_a_class_only_where_one_sound_is_said():
    number, lasts = phones.numbered("s-a"), np.array([0.2, 0.2, 0.2])
    found = truths(number, lasts, np.array([0.1, 0.18, 0.3, 0.45, 0.7]), 0.025)
    assert found.tolist() == [1, -1, 0, 2, 0]  # behind the last it is silent


def test_voice_is_told_by_both_and_an_offset_spoils_it():
    """Guards the claim on a seed that it was not tuned on."""
    made = {}
    for name, options in {"both": {}, "energy": {"features": "energy"}, "offset": {"centre": False}}.items():
        torch.manual_seed(11)
        made[name] = build(**options)(context()).metrics["accuracy"]
    assert made["both"] > 0.9 and made["energy"] < made["both"] - 0.03 and made["offset"] < 0.7


def test_each_class_counts_alike():
    truth = np.array([0] * 98 + [1, 2])
    assert abs(balanced(np.zeros(100, int), truth, (0, 1, 2)) - 1 / 3) < 1e-9
