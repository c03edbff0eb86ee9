"""Utterances of known sounds: each is said when it is asked for, as high and as loud as asked."""

import numpy as np

from dltui.engine.generators import formants, phones
from dltui.engine.generators.formants import RATE


def said(names: str, pitch: float, strength: list[float], each: float = 0.3) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(0))
    voices = formants.speakers(1, random)
    count = len(names)
    tones = np.full((1, round(count * each * RATE)), pitch)
    args = phones.numbered(names)[None], np.full((1, count), each), tones, np.array([strength])
    return phones.said(*args, voices, random)[0]


def middle(x: np.ndarray, place: int, each: float = 0.3) -> np.ndarray:
    return x[round((place + 0.25) * each * RATE) : round((place + 0.75) * each * RATE)]


def test_a_vowel_repeats_at_its_pitch_and_silence_is_silent():
    x = said("a-", 160.0, [1, 1])  # 50 samples a period
    vowel = middle(x, 0)
    against = [np.corrcoef(vowel[:-lag], vowel[lag:])[0, 1] for lag in range(25, 70)]
    assert abs(25 + int(np.argmax(against)) - 50) <= 1 and max(against) > 0.9
    assert np.abs(middle(x, 1)).max() < 1e-3 * np.abs(vowel).max()


def test_strength_is_a_factor():
    x = said("aa", 120.0, [1, 0.25])
    first, second = (np.sqrt(np.square(middle(x, place)).mean()) for place in (0, 1))
    assert abs(second / first - 0.25) < 0.05


def test_hiss_has_high_frequencies_and_a_vowel_low_ones():
    x = said("sa", 120.0, [1, 1])
    hiss, vowel = (np.abs(np.fft.rfft(middle(x, place))) ** 2 for place in (0, 1))
    f = np.fft.rfftfreq(len(middle(x, 0)), 1 / RATE)
    assert (hiss * f).sum() / hiss.sum() > 1.5 * (vowel * f).sum() / vowel.sum()


def test_what_is_behind_the_last_is_silence():
    at = phones.places(np.array([[0.1, 0.2]]), np.array([0.05, 0.15, 0.29, 0.31]))
    assert at.tolist() == [[0, 1, 1, 2]]
    assert phones.taken(np.array([[5, 6]]), at, -1).tolist() == [[5, 6, 6, -1]]
