"""Scenes of two shapes, each with a sentence that only they both and their places together decide."""

from itertools import permutations, product
from typing import NamedTuple

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.shapes import CLASSES, OUTLINES
from dltui.engine.reading.sentences import as_rows, vocabulary

SOURCES = ("builtin",)
GIVES = ("pictures", "sequences")
COLOURS = {
    "red": (0.85, 0.15, 0.15),
    "green": (0.15, 0.65, 0.2),
    "blue": (0.2, 0.3, 0.9),
    "yellow": (0.9, 0.85, 0.15),
    "purple": (0.6, 0.2, 0.75),
    "white": (0.95, 0.95, 0.95),
}
SHAPES = ("ring", "square", "triangle", "cross")
PLACES = {"above": (0, 1), "below": (0, -1), "left of": (1, 0), "right of": (-1, 0)}  # way to the second; y goes down
LARGER, SMALLER = (0.2, 0.24), (0.13, 0.16)  # radii of the first and of the second shape, of the picture's size
ASIDE = 0.5  # times the way from one to the other, which the second may lie off the straight line
HELD = 5  # of so many sentences one is held back for the test
LENGTH = 9  # "a red ring left of a blue square", and its end
SEED = 0


class Scene(NamedTuple):
    """What is seen, (N,) numbers each: colour and shape of the larger, its place, and those of the smaller."""

    colour: np.ndarray
    shape: np.ndarray
    place: np.ndarray
    other_colour: np.ndarray
    other_shape: np.ndarray


def build(*, train_rows: int = 4000, test_rows: int = 500, size: int = 32) -> "Captions":
    """Generated scenes with a sentence each, "a red ring above a blue square": the larger shape is named first.

    train_rows: scenes to train on, at least 10.
    test_rows: scenes to test on, at least 10.
    size: height and width in pixels, at least 24.
    """
    return Captions(train_rows, test_rows, size)


class Captions:
    """Pictures (N, 3, size, size) uint8; words (N, L) int64, END after the last, PAD behind it."""

    def __init__(self, train_rows: int, test_rows: int, size: int):
        self.rows, self.size = (train_rows, test_rows), size

    def builtin(self) -> Dataset:
        """The same options give the same. No sentence of the test belongs to any scene of the training."""
        random = np.random.Generator(np.random.PCG64(SEED))
        every = random.permutation(every_scene())
        held = len(every) // HELD
        known = vocabulary([sentence.split() for sentence in sentences(every)], most=1000)
        splits = []
        for rows, there in zip(self.rows, (every[held:], every[:held]), strict=True):
            chosen = there[random.integers(len(there), size=rows)]
            words = [sentence.split() for sentence in sentences(chosen)]
            pictures = drawn(Scene(*chosen.T), self.size, random)
            splits.append(Split(torch.from_numpy(pictures), as_rows(words, known, LENGTH)))
        train, test = splits
        detail = "generated scenes; the test's sentences are new"
        facts = {**facts_of(train.inputs, ()), "target_words": len(known)}
        return Dataset(train, test, (), "builtin", detail, facts, vocabularies=(known,))


def every_scene() -> np.ndarray:
    """Returns every pair of different things in every place, (S, 5) as of `Scene`."""
    things = list(product(range(len(COLOURS)), range(len(SHAPES))))
    return np.array([(*a, place, *b) for a, b in permutations(things, 2) for place in range(len(PLACES))])


def sentences(rows: np.ndarray) -> list[str]:
    """Returns the sentences of rows (N, 5), as of `Scene`."""
    colours, places = list(COLOURS), list(PLACES)
    return [f"a {colours[c]} {SHAPES[s]} {places[p]} a {colours[d]} {SHAPES[t]}" for c, s, p, d, t in rows.tolist()]


def drawn(scene: Scene, size: int, random: np.random.Generator) -> np.ndarray:
    """Returns pictures (N, 3, size, size) uint8 of scenes."""
    rows = len(scene.colour)
    radii = np.stack([random.uniform(*LARGER, rows), random.uniform(*SMALLER, rows)]) * size  # (2, N)
    ways = np.array(list(PLACES.values()))[scene.place]
    centres = _placed(radii, ways, size, random).astype(np.float32)  # (2, N, 2)
    radii = radii.astype(np.float32)
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5
    pixels = _ground(rows, x, y, random)  # (N, 3, size, size)
    for number, (colours, shapes) in enumerate([(scene.colour, scene.shape), (scene.other_colour, scene.other_shape)]):
        colour = np.array(list(COLOURS.values()))[colours] + random.uniform(-0.08, 0.08, (rows, 3))
        u, v = (place - middle[:, None, None] for place, middle in zip((x, y), centres[number].T, strict=True))
        cover = _cover(shapes, u, v, radii[number][:, None, None], random)[:, None]  # (N, 1, size, size)
        pixels += cover * (colour.astype(np.float32)[..., None, None] - pixels)
    pixels += 0.04 * random.standard_normal(pixels.shape, np.float32)
    return (pixels * 255).clip(0, 255).astype(np.uint8)


def _placed(radii: np.ndarray, ways: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Centres (2, N, 2) x, y: the second lies on its way from the first, far enough; both lie in the picture."""
    least, most = radii.sum(0) + 1, size - radii.sum(0) - 2
    along = random.uniform(least, most)
    aside = along * random.uniform(-ASIDE, ASIDE, len(along))
    way = along[:, None] * ways + aside[:, None] * ways[:, ::-1]  # (N, 2)
    low = np.minimum(-radii[0], way.T - radii[1]).T
    high = np.maximum(radii[0], way.T + radii[1]).T  # (N, 2): what both take up around the first
    first = random.uniform(1 - low, size - 1 - high)
    return np.stack([first, first + way])


def _ground(rows: int, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Stripes on a dull colour (N, 3, size, size) in 0..1."""
    colour = random.uniform(0.05, 0.4, (rows, 1, 1, 1)) + random.uniform(-0.08, 0.08, (rows, 3, 1, 1))
    turn = random.uniform(0, np.pi, (rows, 1, 1, 1)).astype(np.float32)
    wave = random.uniform(0.3, 1.2, (rows, 1, 1, 1)).astype(np.float32)
    stripes = np.sin(wave * (np.cos(turn) * x + np.sin(turn) * y))
    return colour.astype(np.float32) + np.float32(0.06) * stripes


def _cover(
    shapes: np.ndarray, x: np.ndarray, y: np.ndarray, radii: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """How much of each pixel the shapes cover, (N, size, size) in 0..1; they are turned a little."""
    turn = random.uniform(-0.3, 0.3, (len(shapes), 1, 1)).astype(np.float32)
    u = (np.cos(turn) * x + np.sin(turn) * y) / radii
    v = (np.cos(turn) * y - np.sin(turn) * x) / radii
    outlines = [OUTLINES[CLASSES.index(name)](u, v) for name in SHAPES]
    outside = np.choose(shapes[:, None, None], outlines)
    return np.clip(0.5 - outside * radii, 0, 1)
