"""Notes of seven instruments, made of harmonics under envelopes (Risset and Mathews 1969, doi:10.1063/1.3035399).

Nobody would take them for an orchestra, but they differ as instruments do, and players of one instrument differ too.
"""

from typing import NamedTuple

import numpy as np

RATE = 8000  # samples a second
HARMONICS = 14
LOWEST, PITCHES = 48, 36  # the number of the lowest note (130 Hz), semitones above it
EVERY = 4  # of so many pitches one is for the test
AT_ONCE = 42  # notes
QUIET = 0.02  # seconds over which a note ends


class Instrument(NamedTuple):
    """How an instrument sounds, about: each player has numbers of his own near these."""

    attack: float  # seconds until it is loud
    decay: float  # by how much it fades, nepers a second; 0 where it is blown or bowed
    high_decay: float  # by how much more for each further harmonic
    bloom: float  # by how much later each further harmonic comes, as a share of the attack
    vibrato: float  # semitones
    tremolo: float  # share of the loudness
    breath: float  # noise, as a share of the loudness


INSTRUMENTS = {
    "flute": Instrument(0.07, 0, 0, 0, 0.1, 0.25, 0.03),
    "clarinet": Instrument(0.04, 0, 0, 0, 0.02, 0.05, 0.01),
    "trumpet": Instrument(0.035, 0, 0, 0.3, 0.08, 0.05, 0.005),
    "violin": Instrument(0.09, 0, 0, 0, 0.35, 0.1, 0.015),
    "organ": Instrument(0.02, 0, 0, 0, 0.0, 0.0, 0.005),
    "piano": Instrument(0.005, 3.0, 0.3, 0, 0, 0, 0.002),
    "guitar": Instrument(0.004, 4.5, 1.0, 0, 0, 0, 0.004),
}
NAMES = tuple(INSTRUMENTS)
MEAN = Instrument(*np.mean(list(INSTRUMENTS.values()), 0).tolist())


class Notes(NamedTuple):
    """Sounds (M, samples) float32 in -1..1, the number of each one's instrument (M,), of its player, and its pitch."""

    sounds: np.ndarray
    instruments: np.ndarray
    players: np.ndarray
    pitches: np.ndarray


def pitches(is_test: bool) -> np.ndarray:
    """Semitones above LOWEST: one in EVERY for the test, the others to train on."""
    every = np.arange(PITCHES)
    return every[(every % EVERY == EVERY - 1) == is_test]


def spectra(f: np.ndarray) -> np.ndarray:
    """f (M,) Hz -> the amplitude of each harmonic of each instrument, (M, instruments, HARMONICS)."""
    h = np.arange(1, HARMONICS + 1)
    odd = np.where(h % 2, 1, 0.08)
    made = [h**-2.2, odd * h**-1.0, None, h**-0.9, np.isin(h, (1, 2, 4, 8)) * h**-0.4, h**-1.5]
    made.append(h**-0.8 * np.abs(np.sin(np.pi * h * 0.2)))
    table = np.stack([np.broadcast_to(h**0.0 if one is None else one, (len(f), HARMONICS)) for one in made], 1).copy()
    table[:, NAMES.index("trumpet")] = 0.1 + np.exp(-(((f[:, None] * h - 1300) / 700) ** 2))  # of its bell
    return table / np.linalg.norm(table, axis=2, keepdims=True)


def played(
    players: int, notes: int, seconds: float, random: np.random.Generator, *, is_test: bool, same: str = ""
) -> Notes:
    """Returns `notes` notes by each of `players` players of every instrument, of the pitches of training or test.

    same: "harmonics" gives all instruments the same spectrum, "envelope" the same course in time; "" neither.
    """
    count = players * notes * len(NAMES)
    instrument = np.arange(count) % len(NAMES)
    player = np.arange(count) // len(NAMES) // notes * len(NAMES) + instrument
    pitch = random.choice(pitches(is_test), count)
    f = 440 * 2 ** ((LOWEST + pitch - 69 + random.normal(0, 0.1, count)) / 12)
    how = _courses(player, players, random, same=same == "envelope")
    shape = spectra(f)
    amplitudes = shape.mean(1) if same == "harmonics" else shape[np.arange(count), instrument]  # (M, H)
    own = random.normal(0, 0.3, (players * len(NAMES), HARMONICS))[player]
    amplitudes = amplitudes * np.exp(own + random.normal(0, 0.15, amplitudes.shape))
    parts = np.array_split(np.arange(count), -(-count // AT_ONCE))
    sounds = [_sounding(f[rows], amplitudes[rows], how[rows], seconds, random) for rows in parts]
    return Notes(np.concatenate(sounds), instrument, player, pitch)


def _courses(player: np.ndarray, players: int, random: np.random.Generator, *, same: bool) -> np.ndarray:
    """The numbers of an Instrument for each note (M, 7): of its player, and a little of its own."""
    kinds = np.tile(np.array(MEAN if same else list(INSTRUMENTS.values())).reshape(-1, 7), (players, 1))
    kinds = np.resize(kinds, (players * len(NAMES), 7))
    own = kinds * np.exp(random.normal(0, 0.3, kinds.shape))
    return own[player] * np.exp(random.normal(0, 0.12, (len(player), 7)))


def _sounding(
    f: np.ndarray, amplitudes: np.ndarray, how: np.ndarray, seconds: float, random: np.random.Generator
) -> np.ndarray:
    """f (M,) Hz, amplitudes (M, H), how (M, 7) -> sounds (M, samples), each begins and ends where it likes."""
    M, samples = len(f), round(seconds * RATE)
    attack, decay, high_decay, bloom, vibrato, tremolo, breath = how.T[:, :, None].astype(np.float32)  # (M, 1) each
    begin, lasts = random.uniform(0, 0.2, (M, 1)) * seconds, random.uniform(0.6, 0.78, (M, 1)) * seconds
    t = (np.arange(samples) / RATE - begin).astype(np.float32)  # (M, samples), 0 where the note begins
    wave = np.sin(2 * np.pi * (random.uniform(4.5, 6.5, (M, 1)) * t + random.random((M, 1)))).astype(np.float32)
    turns = np.cumsum(f[:, None] * 2 ** (vibrato * wave / 12) / RATE, 1) % 1  # of the first harmonic
    after = t.clip(min=0)
    rise = 1 - np.exp(-3 * after / attack)
    first = np.exp(2j * np.pi * turns.astype(np.float32))  # (M, samples): harmonic h is its power h
    later = rise**bloom * np.exp(-after * high_decay)  # by what each further harmonic is fainter
    tone, sound = first * (rise * np.exp(-after * decay)), np.zeros((M, samples), np.float32)
    for h in range(1, HARMONICS + 1):
        heard = np.where(h * f < 0.48 * RATE, amplitudes[:, h - 1], 0)[:, None].astype(np.float32)
        sound += heard * tone.imag
        tone *= first
        tone *= later
    inside = np.minimum(np.where(t >= 0, 1, 0), ((lasts - t) / QUIET).clip(0, 1)).astype(np.float32)
    hiss = breath * random.standard_normal((M, samples), np.float32)
    sound = (sound * (1 + tremolo * wave) + hiss * rise) * inside
    sound = sound / np.abs(sound).max(1, keepdims=True)
    around = 10 ** random.uniform(-3, -2, (M, 1)) * random.standard_normal((M, samples), np.float32)
    return np.clip(random.uniform(0.2, 0.9, (M, 1)) * (sound + around), -1, 1).astype(np.float32)
