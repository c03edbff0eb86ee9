"""Utterances without words in four moods; the speakers of the test are new."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.data import sounds
from dltui.engine.generators import formants, moods

SOURCES = ("builtin", "path")
GIVES = ("sounds", "classes")
READS = "sounds"
SPEAKERS, TEST = 48, 12  # of them for the test
TAKES = 20  # by each speaker


def build(*, seconds: float = 1.2, seed: int = 0) -> "Moods":
    """Sounds of one utterance each, at 8000 samples a second.

    seconds: length of a sound, at least 0.5, at most 5; longer files are cut to their loudest stretch.
    seed: decides voices and utterances, at least 0.
    """
    return Moods(seconds, seed)


class Moods:
    """Sounds (N, seconds * 8000) float32 in -1..1."""

    def __init__(self, seconds: float, seed: int):
        self.seconds, self.seed = seconds, seed

    def builtin(self) -> Dataset:
        """Generated utterances, the same every time for a seed."""
        random = np.random.Generator(np.random.PCG64([self.seed, 0]))
        said = moods.spoken(formants.speakers(SPEAKERS, random), TAKES, self.seconds, random)
        rows = np.arange(len(said.moods))
        parts = (random.permutation(rows[TEST * TAKES :]), random.permutation(rows[: TEST * TAKES]))
        train, test = (
            Split(torch.from_numpy(said.sounds[part]), torch.from_numpy(said.moods[part].astype(np.int64)))
            for part in parts
        )
        facts = {**facts_of(train.inputs, moods.NAMES), "rate": formants.RATE}
        detail = f"generated voices of {SPEAKERS} speakers, {TEST} of them for the test"
        return Dataset(train, test, moods.NAMES, "builtin", detail, facts)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own sounds: a folder of class folders. Raises DltuiError (4)."""
        return sounds.build(seconds=self.seconds).path(path, report)
