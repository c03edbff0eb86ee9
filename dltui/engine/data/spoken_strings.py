"""Digits said one after the other by one voice, to be written in letters; the voices of the test are new."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.data.sounds import speaker_of
from dltui.engine.generators import formants
from dltui.engine.generators.spoken_strings import said_together
from dltui.engine.reading.sentences import SPECIAL
from dltui.engine.reading.sound_folder import read_sounds
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("sounds", "sequences")
READS = "sounds"
SPEAKERS, TAKES = 44, 40  # built in: four of each word by everybody
SECONDS = 0.7  # of a word at most
SHARE = 5  # of so many speakers one is for the test


class Words(NamedTuple):
    """Single words: sounds (M, samples), the number of each one's name, and of its speaker."""

    sounds: np.ndarray
    words: np.ndarray  # (M,)
    who: np.ndarray  # (M,)


def build(*, train_rows: int = 1500, test_rows: int = 300, words: int = 3, seed: int = 0) -> "SpokenStrings":
    """Sounds of some words each, at 8000 samples a second, and their letters; an underscore parts two words.

    train_rows: strings to train on, at least 10.
    test_rows: strings to test on, at least 2.
    words: words of a string, at least 1, at most 10.
    seed: decides voices and strings, at least 0.
    """
    return SpokenStrings((train_rows, test_rows), words, seed)


class SpokenStrings:
    """Sounds (N, words * 4800) float32 in -1..1, targets (N, T) int64: numbers of letters, 0 behind the last."""

    def __init__(self, rows: tuple[int, int], words: int, seed: int):
        self.rows, self.words, self.seed = rows, words, seed

    def builtin(self) -> Dataset:
        """Generated digits, the same every time for a seed."""
        random = np.random.Generator(np.random.PCG64([self.seed, 0]))
        voices = formants.speakers(SPEAKERS, random)
        who, words = np.repeat(np.arange(SPEAKERS), TAKES), np.tile(np.arange(TAKES) % len(formants.WORDS), SPEAKERS)
        sounds = [
            formants.spoken(words[rows], {name: values[who[rows]] for name, values in voices.items()}, SECONDS, random)
            for rows in np.split(np.arange(len(who)), SPEAKERS)
        ]
        spoken = Words(np.concatenate(sounds), words, who)
        return self._dataset(spoken, formants.WORDS, "builtin", f"generated voices of {SPEAKERS} speakers", ())

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own words, a folder of class folders, strung together; the files' names tell the speakers.

        Raises DltuiError (4).
        """
        found, notes = read_sounds(path, formants.RATE, round(SECONDS * formants.RATE), report)
        labels = [label for part in found.values() for label in part.labels]
        names = [name for part in found.values() for name in part.names]
        speakers = [speaker_of(name, label) for name, label in zip(names, labels, strict=True)]
        known, classes = sorted(set(speakers)), tuple(sorted(set(labels)))
        if len(known) < 2:
            message = f"{path}: the files' names tell of {len(known)} speakers; two are needed, one for the test."
            raise DltuiError(message, "Call the files by their speakers: anna_1.wav", ExitStatus.DATA)
        numbers = [np.array([names.index(one) for one in of]) for names, of in ((classes, labels), (known, speakers))]
        spoken = Words(np.concatenate([part.inputs for part in found.values()]), *numbers)
        detail = f"{path}: {len(labels):,} words by {len(known)} speakers"
        return self._dataset(spoken, tuple(map(_name, classes)), "path", detail, notes)

    def _dataset(
        self, spoken: Words, names: tuple[str, ...], source: str, detail: str, notes: tuple[str, ...]
    ) -> Dataset:
        """names: how each word is written."""
        symbols = (*SPECIAL, *sorted({letter for name in names for letter in name} | {"_"}))
        longest = self.words * (1 + max(map(len, names))) - 1
        test = max(1, (int(spoken.who.max()) + 1) // SHARE)
        splits = []
        for number, (rows, heard) in enumerate(zip(self.rows, (spoken.who >= test, spoken.who < test), strict=True)):
            random = np.random.Generator(np.random.PCG64([self.seed, number, 1]))
            chosen = _chosen(spoken.who, np.flatnonzero(heard), (rows, self.words), random)
            sounds = said_together(spoken.sounds, chosen, formants.RATE, random)
            targets = np.zeros((rows, longest), np.int64)
            for target, row in zip(targets, chosen, strict=True):
                letters = "_".join(names[word] for word in spoken.words[row])
                target[: len(letters)] = [symbols.index(letter) for letter in letters]
            splits.append(Split(torch.from_numpy(sounds), torch.from_numpy(targets)))
        facts = {**facts_of(splits[0].inputs, ()), "rate": formants.RATE, "target_words": len(symbols)}
        told = f"{detail}, {test} of them for the test"
        return Dataset(*splits, (), source, told, facts, notes, vocabularies=(symbols,))


def _chosen(who: np.ndarray, heard: np.ndarray, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Numbers of words (rows, words), those of a row by one speaker: that of a word drawn among `heard`."""
    first = heard[random.integers(len(heard), size=shape[0])]
    of = {speaker: np.flatnonzero(who == speaker) for speaker in np.unique(who[heard])}
    return np.stack([random.choice(of[who[word]], shape[1]) for word in first])


def _name(label: str) -> str:
    """How a class folder's word is written: a digit by its name."""
    return formants.WORDS[int(label)] if label in "0123456789" and len(label) == 1 else label
