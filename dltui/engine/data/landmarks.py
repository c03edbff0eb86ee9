"""Drawn faces with the places of eyes, nose and mouth; the people of the test are none of those of the training."""

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import portraits
from dltui.engine.generators.landmarks import PARTS, landmarks, widths

SOURCES = ("builtin",)
STRANGERS = 100  # people of the test
PICTURES = 2  # of each
# from closer or farther, anywhere, tilted: one answer for all pictures is far from every face
CAMERA = portraits.Camera(size=48, near=1.0, nearer=0.15, moved=0.15, tilted=0.2)


def build(*, people: int = 1500) -> "Landmarks":
    """Coloured pictures of faces, 48x48.

    people: how many there are to learn from, two pictures of each, at least 2, at most 5000; 100 others are met in
        the test.
    """
    return Landmarks(people)


class Landmarks:
    """Pictures (N, 3, 48, 48) uint8; targets (N, 9) float32: x and y of each of PARTS, and the face's width, in pixels.

    `classes` name the parts.
    """

    def __init__(self, people: int):
        self.people = people

    def builtin(self) -> Dataset:
        """Drawn faces; the same strangers every time, however many there are to learn from."""
        test, train = (_drawn(count, seed) for seed, count in ((0, STRANGERS), (1, self.people)))
        detail = f"drawn faces of {self.people} people, {STRANGERS} others for the test"
        return Dataset(train, test, PARTS, "builtin", detail, facts_of(train.inputs, PARTS))


def _drawn(count: int, seed: int) -> Split:
    random = np.random.Generator(np.random.PCG64(seed))
    who = random.permutation(np.repeat(np.arange(count), PICTURES))
    person = {name: values[who] for name, values in portraits.people(count, random).items()}
    pictures, found = portraits.photographed(person, random, CAMERA)
    points, wide = (measure(person, found, CAMERA.size) for measure in (landmarks, widths))
    targets = np.concatenate([points.reshape(len(who), -1), wide[:, None]], 1)
    return Split(torch.from_numpy(pictures), torch.from_numpy(targets.astype(np.float32)))
