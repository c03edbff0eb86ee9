"""Spoken-like digits: a voice's pulses and hiss, shaped by formants that glide from sound to sound (Klatt 1980).

Nobody would take them for a person, but they differ as people do: in pitch, in the length of the throat, in tempo and
accent, and from one time to the next.
"""

import numpy as np
import torch

RATE = 8000  # samples a second
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# a sound of speech: formants F1, F2, F3 in Hz, voice, hiss, and about how long it lasts in seconds
SOUNDS = {
    "i": (300, 2250, 2950, 1.0, 0.0, 0.11), "I": (400, 1950, 2550, 1.0, 0.0, 0.08),
    "e": (480, 1950, 2500, 1.0, 0.0, 0.09), "E": (580, 1750, 2450, 1.0, 0.0, 0.10),
    "a": (750, 1250, 2450, 1.0, 0.0, 0.10), "o": (560, 900, 2400, 1.0, 0.0, 0.11),
    "u": (330, 950, 2250, 1.0, 0.0, 0.12), "@": (500, 1450, 2450, 0.8, 0.0, 0.06),
    "r": (380, 1150, 1600, 0.8, 0.0, 0.07), "w": (310, 700, 2200, 0.7, 0.0, 0.07),
    "n": (280, 1350, 2400, 0.5, 0.0, 0.08), "v": (300, 1150, 2350, 0.4, 0.15, 0.06),
    "z": (300, 1650, 3400, 0.3, 0.5, 0.08), "s": (350, 1800, 3600, 0.0, 0.8, 0.11),
    "f": (350, 1200, 2500, 0.0, 0.25, 0.10), "T": (350, 1450, 2900, 0.0, 0.2, 0.08),
    "t": (350, 1800, 3100, 0.0, 0.9, 0.025), "k": (350, 1500, 2300, 0.0, 0.7, 0.03),
    "-": (350, 1500, 2500, 0.0, 0.0, 0.06),
}  # fmt: skip
SPELLED = ("ziro", "wan", "-tu", "Tri", "for", "faiv", "sI-ks", "sEv@n", "eI-t", "nain")
TABLE = np.array(list(SOUNDS.values()))
NUMBERS = {name: number for number, name in enumerate(SOUNDS)}
MOST = max(map(len, SPELLED))
WIDTHS = np.array([90.0, 130.0, 200.0], np.float32)  # of the formants in Hz
N, HOP = 256, 64  # windows in which the formants shape the source


def speakers(count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Returns what tells voices apart, an array a property, its rows the speakers."""
    return {
        "pitch": np.exp(random.uniform(np.log(85), np.log(260), count)),  # Hz
        "throat": random.uniform(0.86, 1.2, count),  # a shorter one has all formants higher
        "tempo": random.uniform(0.75, 1.3, count),
        "breath": random.uniform(0.0, 0.15, count),
        "accent": np.exp(random.normal(0, 0.1, (count, len(SOUNDS), 3))),  # formants of each sound, as a factor
    }


def spoken(words: np.ndarray, voices: dict[str, np.ndarray], seconds: float, random: np.random.Generator) -> np.ndarray:
    """words (M,) 0..9, voices: a row of each property a word -> sounds (M, seconds * RATE) float32 in -1..1.

    Each is said a little differently, begins at another time, and there is noise around it.
    """
    samples = round(seconds * RATE)
    M, T = len(words), samples // HOP + 1
    formants, voiced, hiss, inside = _tracks(words, voices, seconds, T, random)
    pitch = voices["pitch"] * np.exp(random.normal(0, 0.06, M))
    fall = np.linspace(1.12, 0.86, samples)[None] + random.normal(0, 0.08, (M, 1)) * np.linspace(-1, 1, samples)
    noise = random.standard_normal((M, samples), np.float32)
    tilt = random.normal(0, 0.5, M)  # of the microphone: brighter or duller
    hiss = hiss + voices["breath"][:, None] * voiced
    sound = uttered(pitch[:, None] * fall, noise, formants, np.stack([voiced, hiss]) * inside, tilt)
    around = 10 ** random.uniform(-2.3, -1.3, (M, 1)) * random.standard_normal((M, samples), np.float32)
    loud = random.uniform(0.3, 0.9, (M, 1))
    return np.clip(loud * (sound + around), -1, 1).astype(np.float32)


def uttered(
    pitch: np.ndarray, noise: np.ndarray, formants: np.ndarray, loud: np.ndarray, tilt: np.ndarray
) -> np.ndarray:
    """Pulses of pitch (M, samples) Hz and noise (M, samples), as loud as (2, M, T), through formants (M, 3, T) Hz and a
    microphone of tilt (M,) -> sounds (M, samples) float32, the greatest value of each 1. T = samples // HOP + 1."""
    source = torch.from_numpy(np.stack([_pulses(pitch), noise]))  # (2, M, samples)
    window = torch.hann_window(N)
    parts = torch.stft(source.flatten(0, 1), N, HOP, window=window, return_complex=True)  # (2 M, F, T)
    throat = torch.from_numpy(_throat(formants.astype(np.float32), tilt.astype(np.float32)))  # (M, F, T)
    gains = torch.from_numpy(loud * np.array([1, 0.35])[:, None, None]).float()  # (2, M, T)
    shaped = (parts.view(2, *throat.shape) * gains[:, :, None]).sum(0) * throat
    sound = torch.istft(shaped, N, HOP, window=window, length=pitch.shape[1]).numpy()
    return sound / np.abs(sound).max(1, keepdims=True).clip(1e-6)


def _tracks(
    words: np.ndarray, voices: dict[str, np.ndarray], seconds: float, T: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Formants (M, 3, T), voice, hiss and whether anything is said (M, T), gliding from sound to sound."""
    M, rows = len(words), np.arange(len(words))
    spelled = np.array([[NUMBERS[name] for name in word.ljust(MOST, "-")] for word in SPELLED])[words]  # (M, MOST)
    lengths = np.array([len(word) for word in SPELLED])[words]
    targets = TABLE[spelled]  # (M, MOST, 6)
    lasts = targets[..., 5] / voices["tempo"][:, None] * np.exp(random.normal(0, 0.2, spelled.shape))
    lasts = np.where(np.arange(MOST) < lengths[:, None], lasts, 0)
    total = lasts.sum(1)
    squeeze = np.minimum(1, 0.9 * seconds / total)[:, None]  # nothing is cut off
    lasts, total = lasts * squeeze, total * squeeze[:, 0]
    begin = random.uniform(0.02, 1, M) * (0.95 * seconds - total)
    ends = begin[:, None] + np.cumsum(lasts, 1)
    t = np.arange(T) * HOP / RATE
    now = (t[None, None] >= ends[:, :, None]).sum(1).clip(max=lengths[:, None] - 1)  # (M, T): which sound
    formants = targets[rows[:, None], now, :3] * voices["accent"][rows[:, None], spelled[rows[:, None], now]]
    formants = formants * voices["throat"][:, None, None] * np.exp(random.normal(0, 0.03, (M, 1, 3)))
    formants = smooth(formants.transpose(0, 2, 1), 5)
    inside = ((t >= begin[:, None]) & (t < ends[rows, lengths - 1][:, None])).astype(float)
    voiced, hiss = (smooth(targets[rows[:, None], now, column], 2) for column in (3, 4))
    return formants, voiced, hiss, smooth(inside, 2)


def smooth(values: np.ndarray, reach: int) -> np.ndarray:
    """The mean of `reach` steps to each side along the last axis."""
    wide = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(reach + 1, reach)], mode="edge").cumsum(-1)
    size = 2 * reach + 1
    return (wide[..., size:] - wide[..., :-size]) / size


def _pulses(pitch: np.ndarray) -> np.ndarray:
    """pitch (M, samples) in Hz -> a pulse at the beginning of every period, of equal power whatever the pitch."""
    turns = np.floor(np.cumsum(pitch, 1) / RATE)
    pulses = np.diff(turns, axis=1, prepend=0)
    return ((pulses - pulses.mean(1, keepdims=True)) * np.sqrt(RATE / pitch)).astype(np.float32)


def _throat(formants: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """formants (M, 3, T), tilt (M,) -> what throat and microphone let through of each frequency, (M, N / 2 + 1, T)."""
    f = (np.arange(N // 2 + 1, dtype=np.float32) * (RATE / N))[None, :, None]
    passed = np.float32(0)
    for number, width in enumerate(WIDTHS):
        away = (f - formants[:, number, None]) / width  # (M, F, T)
        passed = passed + np.float32(0.7**number) / np.sqrt(1 + 4 * away * away)
    return passed * ((f + 200) / 1000) ** tilt[:, None, None]
