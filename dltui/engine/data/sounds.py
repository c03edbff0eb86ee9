"""Spoken words, one a sound; built in: digits by a generated voice, test rows by speakers never heard in training."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import formants
from dltui.engine.reading.labels import classes_of, mixed, stratified
from dltui.engine.reading.sound_folder import read_sounds

SOURCES = ("builtin", "path")
GIVES = ("sounds", "classes")
SPEAKERS, TAKES = 44, 60  # built in: six of each word by everybody
HELD_BACK = 8  # of the speakers


def build(*, held_out: Literal["speakers", "files"] = "speakers", seconds: float = 0.8) -> "Sounds":
    """Sounds of one word each, at 8000 samples a second.

    held_out: what is kept for the test: speakers, a fifth of them, with all they say; files, a fifth of each class,
        so that every speaker is known. Of your own files the name tells the speaker: anna_1.wav, anna_2.wav.
    seconds: length of a sound, at least 0.2, at most 5; longer files are cut to their loudest stretch.
    """
    return Sounds(held_out, seconds)


class Sounds:
    """Sounds (N, seconds * 8000) float32 in -1..1."""

    def __init__(self, held_out: str, seconds: float):
        self.held_out, self.seconds = held_out, seconds

    def builtin(self) -> Dataset:
        """Generated digits, the same every time."""
        random = np.random.Generator(np.random.PCG64(0))
        voices = formants.speakers(SPEAKERS, random)
        words = np.arange(TAKES) % len(formants.WORDS)
        said = []
        for speaker in range(SPEAKERS):
            voice = {name: np.repeat(values[speaker : speaker + 1], TAKES, 0) for name, values in voices.items()}
            said.append(formants.spoken(words, voice, self.seconds, random))
        targets = np.tile(words, SPEAKERS).astype(np.int64)
        who = np.repeat(np.arange(SPEAKERS), TAKES)
        by_speaker = self.held_out == "speakers"
        parts = _by_speaker(who, np.arange(HELD_BACK)) if by_speaker else stratified(targets)
        detail = f"generated voices of {SPEAKERS} speakers, {self._test()}"
        return self._dataset(np.concatenate(said), targets, parts, formants.WORDS, "builtin", detail, ())

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own sounds: a folder of class folders. Raises DltuiError (4)."""
        samples = round(self.seconds * formants.RATE)
        inputs, labels, names = read_sounds(path, formants.RATE, samples, report)
        classes, targets = classes_of(labels, str(path))
        people = [name.rpartition("_")[0] for name in names]
        known = sorted(set(people))
        notes: tuple[str, ...] = ()
        if self.held_out == "speakers" and ("" in known or len(known) < 2):
            notes = ("the files' names tell no speakers (anna_1.wav): a fifth of each class is held back instead",)
        if self.held_out == "files" or notes:
            parts = stratified(targets)
        else:
            who = np.array([known.index(name) for name in people])
            held_back = mixed(len(known))[: max(1, round(len(known) / 5))]
            parts = _by_speaker(who, held_back)
            notes = (f"for the test: {', '.join(known[number] for number in sorted(held_back.tolist()))}",)
        detail = f"{path}: {len(targets):,} sounds in {len(classes)} classes"
        return self._dataset(inputs, targets, parts, classes, "path", detail, notes)

    def _test(self) -> str:
        return (
            f"{HELD_BACK} of them for the test" if self.held_out == "speakers" else "a fifth of the files for the test"
        )

    def _dataset(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        parts: tuple[np.ndarray, np.ndarray],
        classes: tuple[str, ...],
        source: str,
        detail: str,
        notes: tuple[str, ...],
    ) -> Dataset:
        train, test = (Split(torch.from_numpy(inputs[rows]), torch.from_numpy(targets[rows])) for rows in parts)
        facts = {**facts_of(train.inputs, classes), "rate": formants.RATE}
        return Dataset(train, test, classes, source, detail, facts, notes)


def _by_speaker(who: np.ndarray, held_back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers of training and test, each in mixed order."""
    order = mixed(len(who))
    kept = np.isin(who[order], held_back)
    return order[~kept], order[kept]
