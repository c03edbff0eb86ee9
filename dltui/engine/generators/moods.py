"""Utterances without words in four moods, by pitch, pace and loudness alone (Banse and Scherer 1996,
doi:10.1037/0022-3514.70.3.614).

Each is drawn against the speaker's own level: a deep voice is deep in every mood, and a quick one quick.
"""

from typing import NamedTuple

import numpy as np

from dltui.engine.generators import phones
from dltui.engine.generators.formants import RATE

SYLLABLES = 5
BEGINNINGS, VOWELS = phones.numbered("nvrwz"), phones.numbered("iEaou")
LASTS = 0.09  # seconds of a sound, about


class Mood(NamedTuple):
    """Prosody: pitch in semitones above the speaker's own, pace and stress as factors."""

    start: float  # of the whole line
    end: float
    accent: float  # by how much a syllable rises within (above 0) or falls (below 0)
    pace: float
    stress: float  # deviation of the logarithm of a syllable's strength


MOODS = {
    "calm": Mood(1, -1, 0, 0.9, 0.25),
    "sadness": Mood(2, -5, -0.5, 0.85, 0.25),
    "joy": Mood(1, 5, 4, 1.15, 0.5),
    "anger": Mood(5, -1, -5, 1.15, 0.5),
}
NAMES = tuple(MOODS)


class Said(NamedTuple):
    """Sounds (M, samples) float32 in -1..1, the number of each one's mood (M,), and its pitch in Hz (M, samples)."""

    sounds: np.ndarray
    moods: np.ndarray
    pitch: np.ndarray


def spoken(voices: dict[str, np.ndarray], takes: int, seconds: float, random: np.random.Generator) -> Said:
    """Returns `takes` utterances by each of the voices, speaker after speaker, of all moods in turn."""
    speakers = len(voices["pitch"])
    parts = [
        _by_one({name: np.repeat(values[one : one + 1], takes, 0) for name, values in voices.items()}, seconds, random)
        for one in range(speakers)
    ]
    return Said(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _by_one(voice: dict[str, np.ndarray], seconds: float, random: np.random.Generator) -> Said:
    M = len(voice["pitch"])
    mood = np.arange(M) % len(NAMES)
    start, end, accent, pace, stress = (
        values[:, None] * np.exp(random.normal(0, 0.15, (M, 1))) for values in np.array(list(MOODS.values()))[mood].T
    )
    level = random.normal(0, 1.5, (M, 1))  # semitones: nobody always begins alike
    number = np.stack([random.choice(one, (M, SYLLABLES)) for one in (BEGINNINGS, VOWELS)], 2).reshape(M, -1)
    lasts = LASTS / (pace * voice["tempo"][:, None]) * np.exp(random.normal(0, 0.15, number.shape))
    lasts *= np.minimum(1, 0.95 * seconds / lasts.sum(1, keepdims=True))
    strength = np.exp(stress * random.normal(0, 1, (M, SYLLABLES))).repeat(2, 1)
    t = np.arange(round(seconds * RATE)) / RATE
    whole = (t / lasts.sum(1, keepdims=True)).clip(max=1)  # (M, samples): how much is said
    within = (SYLLABLES * whole) % 1 - 0.5  # of a syllable, if all lasted alike
    semitones = level + start + (end - start) * whole + accent * within
    pitch = voice["pitch"][:, None] * 2 ** (semitones / 12)
    x = phones.said(number, lasts, pitch, strength, voice, random)
    noise = 10 ** random.uniform(-2.6, -1.8, (M, 1)) * random.standard_normal(x.shape)
    loud = random.uniform(0.3, 0.9, (M, 1))  # of the recording: it tells nothing
    return Said(np.clip(loud * (x + noise), -1, 1).astype(np.float32), mood, pitch)
