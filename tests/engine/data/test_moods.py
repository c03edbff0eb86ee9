"""Moods: pitch as drawn, nothing but prosody tells them apart, speakers of the test are new."""

import numpy as np
import pytest
import torch

from dltui.engine.data import moods as data
from dltui.engine.generators import formants, moods
from dltui.engine.generators.moods import NAMES


@pytest.fixture(scope="module")
def said():
    random = np.random.Generator(np.random.PCG64(4))
    return moods.spoken(formants.speakers(8, random), 8, 1.2, random)


def of(said, name):
    return said.moods == NAMES.index(name)


def test_joy_rises_within_a_syllable_and_anger_falls(said):
    """Half of the steps of a syllable's length go up in joy; the line's own slope is small beside it."""
    within = {}
    for name in NAMES:
        semitones = 12 * np.log2(said.pitch[of(said, name)])
        change = np.diff(semitones[:, ::80], axis=1)  # 10 ms
        within[name] = np.median(change[:, 5:60])
    assert within["joy"] > 0.1 > within["calm"] > -0.1 > within["anger"]


def test_the_mean_pitch_is_that_of_the_speaker(said):
    """Between speakers it differs more than between moods."""
    mean = 12 * np.log2(said.pitch).mean(1).reshape(8, 8)
    of_moods = [mean.ravel()[of(said, name)].mean() for name in NAMES]
    assert mean.mean(1).std() > 1.2 * np.std(of_moods)


def test_sounds_are_finite_and_speakers_apart(monkeypatch):
    monkeypatch.setattr(data, "SPEAKERS", 4)
    monkeypatch.setattr(data, "TEST", 1)
    monkeypatch.setattr(data, "TAKES", 4)
    one, again, other = (data.build(seed=seed).builtin() for seed in (0, 0, 1))
    assert one.train.inputs.shape == (12, 9600) and one.test.targets.bincount().tolist() == [1] * 4
    assert one.train.inputs.abs().max() <= 1 and one.facts == {"inputs": 9600, "classes": 4, "rate": 8000}
    assert torch.equal(one.train.inputs, again.train.inputs) and not torch.equal(one.train.inputs, other.train.inputs)
