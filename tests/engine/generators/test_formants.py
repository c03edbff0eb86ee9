"""The generated voice: always the same, its vowels where they should be, its speakers apart."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.stft import framed, hann, power
from dltui.engine.generators import formants


def said(word: int, **properties) -> np.ndarray:
    """One word by a plain voice: no accent, no breath."""
    voice = {"pitch": 110.0, "throat": 1.0, "tempo": 1.0, "breath": 0.0} | properties
    voice = {name: np.array([value]) for name, value in voice.items()}
    voice["accent"] = np.ones((1, len(formants.SOUNDS), 3))
    return formants.spoken(np.array([word]), voice, 0.8, np.random.Generator(np.random.PCG64(1)))[0]


def spectrum(sound: np.ndarray) -> torch.Tensor:
    P = power(framed(torch.from_numpy(sound).double(), 512, 128), hann(512))
    return P[P.sum(1).argsort(descending=True)[:10]].mean(0)  # of the loudest windows


def test_the_same_seed_says_the_same():
    assert np.array_equal(said(3), said(3))


def test_the_harmonics_are_those_of_the_pitch():
    """Guards the pulses: the spectrum is a comb with the pitch's distance."""
    for pitch in (100.0, 200.0):
        cepstrum = torch.fft.irfft(spectrum(said(4, pitch=pitch)).log())  # its place is the period in samples
        found = int(cepstrum[20:160].argmax()) + 20
        assert found == pytest.approx(8000 / pitch, rel=0.25)


def test_the_throat_moves_the_formants():
    """The word "four" has its energy below that of "three"; a shorter throat has it higher."""
    f = torch.arange(257) * 8000 / 512

    def middle(word: int, throat: float) -> float:
        P = spectrum(said(word, throat=throat))
        return float((P * f).sum() / P.sum())

    assert middle(4, 0.85) < middle(4, 1.2) and middle(3, 0.85) < middle(3, 1.2)
    assert middle(4, 1.0) < middle(3, 1.0)


def test_every_word_is_heard_and_none_is_cut_off():
    random = np.random.Generator(np.random.PCG64(0))
    voices = formants.speakers(40, random)
    voices["tempo"][:] = 0.75
    sounds = formants.spoken(np.arange(40) % 10, voices, 0.6, random)
    assert sounds.shape == (40, 4800) and sounds.dtype == np.float32 and np.isfinite(sounds).all()
    assert (np.abs(sounds) <= 1).all() and (np.abs(sounds).max(1) > 0.25).all()
    edge = np.square(sounds[:, -100:]).mean(1) / np.square(sounds).mean(1)
    assert np.median(edge) < 0.2
