"""Faces of many people, several pictures of each; the people of the test are none of those of the training."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import portraits
from dltui.engine.reading import folder
from dltui.engine.reading.labels import classes_of, mixed
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
STRANGERS = 24  # people of the test, built in
PICTURES = 16  # of each


def build(*, people: int = 120) -> "Faces":
    """Coloured pictures of faces, 32x32.

    people: how many there are to learn from, at least 2, at most 400; 24 others are met in the test.
    """
    return Faces(people)


class Faces:
    """Pictures (N, 3, 32, 32) uint8; targets are people, and those of train and test differ."""

    def __init__(self, people: int):
        self.people = people

    def builtin(self) -> Dataset:
        """Drawn faces; the same strangers every time, however many there are to learn from."""
        splits = []
        for seed, count in ((1, self.people), (0, STRANGERS)):
            random = np.random.Generator(np.random.PCG64(seed))
            who = np.repeat(np.arange(count), PICTURES)
            person = {name: values[who] for name, values in portraits.people(count, random).items()}
            pictures, _ = portraits.photographed(person, random)
            splits.append((torch.from_numpy(pictures), torch.from_numpy(who)))
        (faces, who), (strange, stranger) = splits
        order = torch.from_numpy(mixed(len(who)))
        train, test = Split(faces[order], who[order]), Split(strange, stranger + self.people)
        names = tuple(f"person {number + 1}" for number in range(self.people + STRANGERS))
        detail = f"drawn faces of {self.people} people, {STRANGERS} others for the test"
        return Dataset(train, test, names, "builtin", detail, facts_of(faces, names))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own: a folder for each person. Raises DltuiError (4)."""
        path = path.expanduser()
        if not path.is_dir():
            raise _wrong(f"{path}: expected a folder, found {'a file' if path.exists() else 'nothing'} there.")
        pictures, labels = folder.read_folder(path, 3, portraits.SIZE, report)
        names, who = classes_of(labels, str(path))
        few = [name for number, name in enumerate(names) if (who == number).sum() < 2]
        if len(names) < 4 or few:
            said = f"only one of {', '.join(few[:5])}" if few else f"{len(names)} people"
            raise _wrong(f"{path}: expected at least two pictures of each of at least four people, found {said}.")
        strangers = mixed(len(names))[: max(2, round(len(names) / 5))]
        order = mixed(len(who))
        kept = np.isin(who[order], strangers)
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(who[rows])) for rows in (order[~kept], order[kept])
        )
        notes = (f"{len(strangers)} of {len(names)} people are met only in the test",)
        detail = f"{path}: {len(who):,} pictures of {len(names)} people"
        return Dataset(train, test, names, "path", detail, facts_of(train.inputs, names), notes)


def _wrong(message: str) -> DltuiError:
    hint = "Your own faces: a folder for each person with pictures, such as faces/anna/1.jpg, faces/anna/2.jpg ..."
    return DltuiError(message, hint, ExitStatus.DATA)
