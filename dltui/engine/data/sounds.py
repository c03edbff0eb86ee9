"""Spoken words, one a sound; built in: digits by a generated voice, test rows by speakers never heard in training."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import formants
from dltui.engine.reading.labels import by_split, check_parts, classes_of, mixed, stratified, untested
from dltui.engine.reading.sound_folder import read_sounds

SOURCES = ("builtin", "path")
GIVES = ("sounds", "classes")
READS = "sounds"
SPEAKERS, TAKES = 44, 60  # built in: six of each word by everybody
HELD_BACK = 8  # of the speakers
Parts = tuple[np.ndarray, np.ndarray]  # row numbers of training and test


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
        found, notes = read_sounds(path, formants.RATE, samples, report)
        inputs = np.concatenate([part.inputs for part in found.values()])
        labels = [label for part in found.values() for label in part.labels]
        classes, targets = classes_of(labels, str(path))
        if "train" in found:
            parts, told = by_split({split: len(part.labels) for split, part in found.items()}), ()
        else:
            names = [name for part in found.values() for name in part.names]
            who = [speaker_of(name, label) for name, label in zip(names, labels, strict=True)]
            (train, test), told = self._held_out(who, targets)
            parts = {"train": train, "test": test}
        check_parts(parts, classes, targets, str(path))
        notes += (*told, *untested(targets, parts["test"], classes))
        detail = f"{path}: {len(targets):,} sounds in {len(classes)} classes"
        data = self._dataset(inputs, targets, (parts["train"], parts["test"]), classes, "path", detail, notes)
        rows = parts.get("validation")
        return data if rows is None else data._replace(validation=_split(inputs, targets, rows))

    def _held_out(self, who: list[str], targets: np.ndarray) -> tuple[Parts, tuple[str, ...]]:
        """The rows of training and test, and how they were parted, in words.

        who: the speaker of each row, "" where it is not known.
        """
        if self.held_out == "files":
            return stratified(targets), ()
        known = sorted(set(who))
        instead = "a fifth of each class is held back instead"
        if "" in known or len(known) < 2:
            return stratified(targets), (f"the files' names tell no speakers (anna_1.wav): {instead}",)
        speakers = np.array([known.index(name) for name in who])
        held_back = _speakers_to_hold(speakers, targets, max(1, round(len(known) / 5)))
        if not len(held_back):
            why = "there is no speaker without whom every class would still be trained"
            return stratified(targets), (f"{why}: {instead}",)
        names = ", ".join(known[number] for number in sorted(held_back))
        return _by_speaker(speakers, np.array(held_back)), (f"for the test: {names}",)

    def _test(self) -> str:
        return (
            f"{HELD_BACK} of them for the test" if self.held_out == "speakers" else "a fifth of the files for the test"
        )

    def _dataset(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        parts: Parts,
        classes: tuple[str, ...],
        source: str,
        detail: str,
        notes: tuple[str, ...],
    ) -> Dataset:
        train, test = (_split(inputs, targets, rows) for rows in parts)
        facts = {**facts_of(train.inputs, classes), "rate": formants.RATE}
        return Dataset(train, test, classes, source, detail, facts, notes)


def _split(inputs: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> Split:
    return Split(torch.from_numpy(inputs[rows]), torch.from_numpy(targets[rows]))


def speaker_of(name: str, label: str) -> str:
    """Returns who speaks in a file of that name: anna in anna_1, and in 3_anna_1 of the folder 3; "" where nobody."""
    said, _, _ = name.rpartition("_")
    rest = [part for part in said.split("_") if part]
    if label in rest:
        rest.remove(label)
    return "_".join(rest)


def _speakers_to_hold(who: np.ndarray, targets: np.ndarray, most: int) -> list[int]:
    """Up to `most` speakers for the test, such that every class has somebody left to train on."""
    held: list[int] = []
    for speaker in mixed(int(who.max()) + 1).tolist():
        left = ~np.isin(who, [*held, speaker])
        if len(np.unique(targets[left])) == len(np.unique(targets)):
            held.append(speaker)
        if len(held) == most:
            break
    return held


def _by_speaker(who: np.ndarray, held_back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers of training and test, each in mixed order."""
    order = mixed(len(who))
    kept = np.isin(who[order], held_back)
    return order[~kept], order[kept]
