"""Drawn faces that count as alike by a trait that is chosen: one person, or one appearance, whatever else differs."""

from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import portraits
from dltui.engine.reading.labels import mixed

SOURCES = ("builtin",)
GIVES = ("pictures", "classes")
# near enough to see which way a face is turned, and it is never in doubt
CAMERA = portraits.Camera(size=32, near=1.4, nearer=0.05, moved=0.03, tilted=0.08, clear=0.5)
LOOKS = ("left", "right", "left, glasses", "right, glasses")
PICTURES = 12  # of each person


def build(
    *, alike: Literal["person", "appearance"] = "person", people: int = 100, strangers: int = 40, seed: int = 0
) -> "AlikeFaces":
    """Coloured pictures of faces, 32x32; the people of the test are none of those of the training.

    alike: what a picture's class is: person, who it is; appearance, whether the face is turned to the left
        or to the right, and whether it wears glasses. The pictures are the same.
    people: how many there are to learn from, at least 2.
    strangers: people of the test, at least 2.
    seed: decides people and pictures, at least 0.
    """
    return AlikeFaces(alike, people, strangers, seed)


class AlikeFaces:
    """Pictures (N, 3, 32, 32) uint8, targets (N,) int64: people or LOOKS."""

    def __init__(self, alike: str, people: int, strangers: int, seed: int):
        self.alike, self.people, self.strangers, self.seed = alike, people, strangers, seed

    def builtin(self) -> Dataset:
        """The same pictures every time for a seed, in the same order whatever counts as alike."""
        by_person = self.alike == "person"
        train, test = self._drawn(0, self.people, 0), self._drawn(1, self.strangers, self.people if by_person else 0)
        names = LOOKS if not by_person else tuple(f"person {n + 1}" for n in range(self.people + self.strangers))
        detail = f"drawn faces of {self.people} people, {self.strangers} others for the test"
        return Dataset(train, test, names, "builtin", detail, facts_of(train.inputs, names))

    def _drawn(self, number: int, count: int, first: int) -> Split:
        """first: the number of the first person."""
        random = np.random.Generator(np.random.PCG64([self.seed, number]))
        who = np.repeat(np.arange(count), PICTURES)
        person = {name: values[who] for name, values in portraits.people(count, random).items()}
        pictures, found = portraits.photographed(person, random, CAMERA)
        appearance = (found["turn"] > 0) + 2 * (found["glasses"] > 0)
        targets = first + who if self.alike == "person" else appearance.astype(np.int64)
        order = mixed(len(who))
        return Split(torch.from_numpy(pictures[order]), torch.from_numpy(targets[order]))
