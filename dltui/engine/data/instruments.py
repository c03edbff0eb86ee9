"""Notes of seven instruments, one a sound; in the test neither their players nor their pitches were heard before."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.data import sounds
from dltui.engine.generators import instruments

SOURCES = ("builtin", "path")
GIVES = ("sounds", "classes")
READS = "sounds"
PLAYERS = {"train": 12, "test": 6}  # of each instrument
NOTES = {"train": 12, "test": 8}  # by each player


def build(
    *,
    same: Literal["", "harmonics", "envelope"] = "",
    held_out: Literal["speakers", "files"] = "speakers",
    seconds: float = 0.5,
    seed: int = 0,
) -> "Instruments":
    """Sounds of one note each, at 8000 samples a second.

    same: what all instruments have in common: nothing, the spectrum of their harmonics, or the course in time.
    held_out: of your own files what is kept for the test: players, a fifth of them, by the files' names; or files.
    seconds: length of a sound, at least 0.2, at most 5; longer files are cut to their loudest stretch.
    seed: decides players and notes, at least 0.
    """  # fmt: skip
    return Instruments(same, held_out, seconds, seed)


class Instruments:
    """Sounds (N, seconds * 8000) float32 in -1..1."""

    def __init__(self, same: str, held_out: str, seconds: float, seed: int):
        self.same, self.held_out, self.seconds, self.seed = same, held_out, seconds, seed

    def builtin(self) -> Dataset:
        """Generated notes, the same every time for a seed."""
        random = np.random.Generator(np.random.PCG64([self.seed, 0]))
        train, test = (self._split(part, random) for part in ("train", "test"))
        facts = {**facts_of(train.inputs, instruments.NAMES), "rate": instruments.RATE}
        detail = f"generated notes of {len(instruments.NAMES)} instruments, players and pitches of the test are new"
        return Dataset(train, test, instruments.NAMES, "builtin", detail, facts)

    def _split(self, part: str, random: np.random.Generator) -> Split:
        count = PLAYERS[part], NOTES[part]
        notes = instruments.played(*count, self.seconds, random, is_test=part == "test", same=self.same)
        order = random.permutation(len(notes.instruments))
        targets = notes.instruments[order].astype(np.int64)
        return Split(torch.from_numpy(notes.sounds[order]), torch.from_numpy(targets))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own sounds: a folder of class folders. Raises DltuiError (4)."""
        return sounds.build(held_out=self.held_out, seconds=self.seconds).path(path, report)
