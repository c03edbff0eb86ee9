"""Faces of many people, several pictures of each; the people of the test are none of those of the training."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import portraits
from dltui.engine.reading import folder
from dltui.engine.reading.labels import classes_of, mixed
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "classes", "keypoints", "labels")
# from closer or farther, anywhere, tilted: one answer for all pictures is far from every face
ANYWHERE = portraits.Camera(size=48, near=1.0, nearer=0.15, moved=0.15, tilted=0.2)
# from so near that a smile is a few pixels high, and never in doubt
CLOSE = portraits.Camera(size=40, near=1.75, nearer=0.05, moved=0.03, tilted=0.08, clear=0.5)


def build(
    *, targets: Literal["person", "landmarks", "traits"] = "person", people: int = 120
) -> "Faces | Landmarks | Traits":
    """Coloured pictures of faces.

    targets: person, who it is, of 32x32 pictures; landmarks, where eyes, nose and mouth are, of 48x48 pictures taken
        from closer or farther, two of each person; traits, whether the face smiles, wears glasses, and is turned to the
        right, of 40x40 pictures taken from near, one of each person.
    people: how many there are to learn from, at least 2, at most 5000; others are met in the test.
    """
    return {"person": Faces, "landmarks": Landmarks, "traits": Traits}[targets](people)


class Faces:
    """Pictures (N, 3, 32, 32) uint8; targets are people, and those of train and test differ."""

    STRANGERS, PICTURES = 24, 16  # people of the test, built in, and pictures of each

    def __init__(self, people: int):
        self.people = people

    def builtin(self) -> Dataset:
        """Drawn faces; the same strangers every time, however many there are to learn from."""
        splits = []
        for seed, count in ((1, self.people), (0, self.STRANGERS)):
            random = np.random.Generator(np.random.PCG64(seed))
            who = np.repeat(np.arange(count), self.PICTURES)
            person = {name: values[who] for name, values in portraits.people(count, random).items()}
            pictures, _ = portraits.photographed(person, random)
            splits.append((torch.from_numpy(pictures), torch.from_numpy(who)))
        (faces, who), (strange, stranger) = splits
        order = torch.from_numpy(mixed(len(who)))
        train, test = Split(faces[order], who[order]), Split(strange, stranger + self.people)
        names = tuple(f"person {number + 1}" for number in range(self.people + self.STRANGERS))
        return Dataset(train, test, names, "builtin", _detail(self), facts_of(faces, names))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own: a folder for each person. Raises DltuiError (4)."""
        path = path.expanduser()
        if not path.is_dir():
            raise _wrong(f"{path}: expected a folder, found {'a file' if path.exists() else 'nothing'} there.")
        try:
            found, notes = folder.read_folder(path, 3, portraits.SIZE, report)
        except OSError as error:
            raise _wrong(f"{error.filename}: {error.strerror}.") from None
        pictures = np.concatenate([part.inputs for part in found.values()])
        names, who = classes_of([label for part in found.values() for label in part.labels], str(path))
        few = [name for number, name in enumerate(names) if (who == number).sum() < 2]
        if len(names) < 4 or few:
            counted = f"only one of {', '.join(few[:5])}" if few else f"{len(names)} people"
            raise _wrong(f"{path}: expected at least two pictures of each of at least four people, found {counted}.")
        strangers = mixed(len(names))[: max(2, round(len(names) / 5))]
        order = mixed(len(who))
        kept = np.isin(who[order], strangers)
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(who[rows])) for rows in (order[~kept], order[kept])
        )
        if len(found) > 1:
            notes += (f"the folders {', '.join(found)} are read as one: people are held out, and not pictures",)
        notes += (f"{len(strangers)} of {len(names)} people are met only in the test",)
        detail = f"{path}: {len(who):,} pictures of {len(names)} people"
        return Dataset(train, test, names, "path", detail, facts_of(train.inputs, names), notes)


class Landmarks:
    """Pictures (N, 3, 48, 48) uint8; targets (N, 9) float32: x and y of each landmark, and the face's width, in pixels.

    `classes` name the landmarks.
    """

    STRANGERS, PICTURES = 100, 2  # people of the test, and pictures of each

    def __init__(self, people: int):
        self.people = people

    def builtin(self) -> Dataset:
        """Drawn faces; the same strangers every time, however many there are to learn from."""
        test, train = (self._drawn(count, seed) for seed, count in ((0, self.STRANGERS), (1, self.people)))
        names = portraits.LANDMARKS
        return Dataset(train, test, names, "builtin", _detail(self), facts_of(train.inputs, names))

    def _drawn(self, count: int, seed: int) -> Split:
        random = np.random.Generator(np.random.PCG64(seed))
        who = random.permutation(np.repeat(np.arange(count), self.PICTURES))
        person = {name: values[who] for name, values in portraits.people(count, random).items()}
        pictures, found = portraits.photographed(person, random, ANYWHERE)
        points, wide = (measure(person, found, ANYWHERE.size) for measure in (portraits.landmarks, portraits.widths))
        targets = np.concatenate([points.reshape(len(who), -1), wide[:, None]], 1)
        return Split(torch.from_numpy(pictures), torch.from_numpy(targets.astype(np.float32)))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """Raises DltuiError (4): nobody's own pictures say where their landmarks are."""
        raise DltuiError(f"{path}: landmarks are known of drawn faces only.", "Leave data.from out.", ExitStatus.DATA)


class Traits:
    """Pictures (N, 3, 40, 40) uint8; targets (N, 3) int64 of 0 and 1: what `classes` name is true of the face."""

    STRANGERS = 1500  # people of the test

    def __init__(self, people: int):
        self.people = people

    def builtin(self) -> Dataset:
        """Drawn faces; the same strangers every time, however many there are to learn from."""
        test, train = (self._drawn(count, seed) for seed, count in ((0, self.STRANGERS), (1, self.people)))
        names = "smile", "glasses", "turn"
        facts = {**facts_of(train.inputs, names), "multi_label": 1}
        return Dataset(train, test, names, "builtin", _detail(self), facts)

    def _drawn(self, count: int, seed: int) -> Split:
        random = np.random.Generator(np.random.PCG64(seed))
        pictures, found = portraits.photographed(portraits.people(count, random), random, CLOSE)
        traits = np.stack([found["smile"] > 0, found["glasses"] > 0, found["turn"] > 0], 1)
        return Split(torch.from_numpy(pictures), torch.from_numpy(traits.astype(np.int64)))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """Raises DltuiError (4): nobody's own pictures say what is true of a face."""
        raise DltuiError(f"{path}: traits are known of drawn faces only.", "Leave data.from out.", ExitStatus.DATA)


def _detail(faces: "Faces | Landmarks | Traits") -> str:
    return f"drawn faces of {faces.people} people, {faces.STRANGERS} others for the test"


def _wrong(message: str) -> DltuiError:
    hint = "Your own faces: a folder for each person with pictures, such as faces/anna/1.jpg, faces/anna/2.jpg ..."
    return DltuiError(message, hint, ExitStatus.DATA)
