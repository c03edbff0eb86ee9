"""Sounds of speech one after the other, each as long as is asked for: an utterance of which every moment is known."""

import numpy as np

from dltui.engine.generators.formants import HOP, NUMBERS, RATE, TABLE, smooth, uttered

VOICED = tuple("iIeEaou@rwnv")
VOICELESS = tuple("sfTtk")
SILENCE = "-"
GLIDE, ATTACK = 4, 1  # steps of HOP samples over which formants and loudness change, to each side


def numbered(names: str) -> np.ndarray:
    """Names of sounds, one a letter -> their numbers (P,) int64."""
    return np.array([NUMBERS[name] for name in names])


def said(
    phones: np.ndarray,
    lasts: np.ndarray,
    pitch: np.ndarray,
    strength: np.ndarray,
    voices: dict[str, np.ndarray],
    random: np.random.Generator,
) -> np.ndarray:
    """phones (M, P) numbers, lasts (M, P) seconds, strength (M, P) as a factor, pitch (M, samples) Hz, voices: a row of
    each property an utterance -> sounds (M, samples) float32, the greatest value of each 1.

    What is behind the last is silent. Hiss is made at the teeth, in front of the throat: it lacks low frequencies.
    """
    M, samples = pitch.shape
    at = places(lasts, np.arange(samples // HOP + 1) * HOP / RATE)  # (M, T)
    now, loud = taken(phones, at, NUMBERS[SILENCE]), taken(strength, at, 0.0)  # (M, T) both
    rows = np.arange(M)[:, None]
    formants = TABLE[now, :3] * voices["accent"][rows, now] * voices["throat"][:, None, None]  # (M, T, 3)
    voiced, hiss = (smooth(loud * TABLE[now, column], ATTACK) for column in (3, 4))
    gains = np.stack([voiced, hiss + voices["breath"][:, None] * voiced])
    noise = np.diff(random.standard_normal((M, samples + 1), np.float32), axis=1)
    return uttered(pitch, noise, smooth(formants.transpose(0, 2, 1), GLIDE), gains, random.normal(0, 0.3, M))


def places(lasts: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """lasts (M, P), seconds (T,) -> which sound of each is said then, 0 to P - 1, or P behind the last, (M, T)."""
    return (seconds >= lasts.cumsum(1)[:, :, None]).sum(1)


def taken(values: np.ndarray, at: np.ndarray, behind: float) -> np.ndarray:
    """values (M, P) of each sound, at (M, T) as of `places` -> (M, T), `behind` where all is said."""
    return np.take_along_axis(np.pad(values, ((0, 0), (0, 1)), constant_values=behind), at, 1)
