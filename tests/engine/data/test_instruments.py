"""Notes of instruments: pitch tells nothing of the class, test players and pitches are new, harmonics are as asked."""

import numpy as np
import pytest
import torch

from dltui.engine.data import instruments as data
from dltui.engine.generators import instruments
from dltui.engine.generators.instruments import NAMES, RATE, played


def notes(seed: int = 0, *, is_test: bool = False, same: str = "", players: int = 3):
    return played(players, 6, 0.5, np.random.Generator(np.random.PCG64(seed)), is_test=is_test, same=same)


@pytest.fixture(scope="module")
def trained_on():
    return notes()


def test_pitches_of_the_test_are_never_trained_on(trained_on):
    test = notes(is_test=True)
    assert not set(trained_on.pitches) & set(test.pitches) and len(set(test.pitches)) > 5


def test_a_player_plays_one_instrument_and_pitch_tells_nothing_of_it():
    many = notes(players=20)
    assert all(len(set(many.instruments[many.players == one])) == 1 for one in set(many.players))
    means = [many.pitches[many.instruments == one].mean() for one in range(len(NAMES))]
    assert np.ptp(means) < 5  # of 36 semitones; its deviation is near 1


def test_the_pitch_is_the_distance_of_the_harmonics(trained_on):
    """The strongest repetition of an organ's note is at its period or at a multiple."""
    row = np.flatnonzero(trained_on.instruments == NAMES.index("organ"))[0]
    f = 440 * 2 ** ((instruments.LOWEST + trained_on.pitches[row] - 69) / 12)
    part = trained_on.sounds[row, 1200:2200]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 14)) ** 2
    loudest = power.argmax() * RATE / (1 << 14)
    assert abs(loudest / f - round(loudest / f)) < 0.05 * max(1, round(loudest / f))


def test_a_clarinet_lacks_even_harmonics_and_a_guitar_fades(trained_on):
    table = instruments.spectra(np.array([200.0]))[0]
    clarinet = table[NAMES.index("clarinet")]
    assert clarinet[1::2].max() < 0.1 * clarinet[0]
    loud = {}
    for name in ("guitar", "organ"):
        mine = trained_on.sounds[trained_on.instruments == NAMES.index(name)]
        early, late = (np.square(mine[:, start : start + 400]).mean() for start in (900, 1900))
        loud[name] = late / early
    assert loud["guitar"] < 0.5 * loud["organ"]


def test_what_is_to_be_the_same_is():
    f = np.array([200.0])
    assert np.ptp(instruments.spectra(f), axis=1).max() > 0.3
    same = notes(same="envelope")
    fades = [
        np.square(same.sounds[same.instruments == one][:, 1900:2300]).mean()
        / np.square(same.sounds[same.instruments == one][:, 900:1300]).mean()
        for one in range(len(NAMES))
    ]
    assert max(fades) / min(fades) < 4


def test_the_data_are_the_same_every_time_and_others_with_another_seed(monkeypatch):
    monkeypatch.setattr(data, "PLAYERS", {"train": 2, "test": 1})
    one, again, other = (data.build(seed=seed).builtin() for seed in (0, 0, 1))
    assert torch.equal(one.train.inputs, again.train.inputs) and not torch.equal(one.train.inputs, other.train.inputs)
    assert one.facts == {"inputs": 4000, "classes": 7, "rate": 8000} and one.classes == NAMES
    assert set(one.test.targets.tolist()) == set(range(7))
