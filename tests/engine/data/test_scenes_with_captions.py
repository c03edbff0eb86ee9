"""Scenes with sentences: each true of its scene, the test's unknown from training, and no bag of colours enough."""

from collections import Counter

import numpy as np
import pytest
import torch

from dltui.engine.data.scenes import build
from dltui.engine.generators.scenes import COLOURS, PLACES, SHAPES, Pair, every_pair, paired, sentences
from dltui.engine.reading.sentences import END, UNKNOWN, as_words

RED, BLUE = list(COLOURS).index("red"), list(COLOURS).index("blue")


@pytest.fixture(scope="module")
def data():
    return build(targets="captions", size=32, train_rows=300, test_rows=100).builtin()


def scenes_of(shape: str, rows: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The places drawn, and where something red and something blue is, (N, 32, 32) bool each."""
    places = np.arange(rows) % len(PLACES)
    same = np.full(rows, SHAPES.index(shape))
    said = Pair(np.full(rows, RED), same, places, np.full(rows, BLUE), same)
    r, g, b = np.moveaxis(paired(said, 32, np.random.default_rng(0)).astype(int), 1, 0)
    return places, r - np.maximum(g, b) > 60, b - np.maximum(r, g) > 60


def test_the_same_options_give_the_same(data):
    again = build(targets="captions", size=32, train_rows=300, test_rows=100).builtin()
    assert torch.equal(again.test.inputs, data.test.inputs) and torch.equal(again.train.targets, data.train.targets)


def test_no_test_sentence_is_said_in_training_but_every_word_is(data):
    train, test = (set(map(tuple, split.targets.tolist())) for split in (data.train, data.test))
    assert not train & test
    assert set(sum(test, ())) <= set(sum(train, ()))


def test_no_word_is_unknown_and_every_sentence_ends_once(data):
    for split in (data.train, data.test):
        assert not (split.targets == UNKNOWN).any() and ((split.targets == END).sum(1) == 1).all()
    assert data.facts["target_words"] == len(data.vocabularies[0])
    assert as_words(data.test.targets[0], data.vocabularies[0])[0] == "a"


@pytest.mark.parametrize("shape", SHAPES)
def test_sentences_are_true(shape):
    """The larger is named first and lies where it is said to. Guards against x and y, or up and down, changed about."""
    for place, red, blue in zip(*scenes_of(shape), strict=True):
        assert red.sum() > 1.2 * blue.sum() > 0
        (y, x), (other_y, other_x) = np.argwhere(red).mean(0), np.argwhere(blue).mean(0)
        right, down = x - other_x, y - other_y
        seen = ("right of" if right > 0 else "left of") if abs(right) > abs(down) else "below" if down > 0 else "above"
        assert seen == list(PLACES)[place]


def test_shapes_are_those_said():
    """Of its upright frame a square fills most; only a ring is empty in its middle."""
    fills, middles = {}, {}
    for shape in SHAPES:
        _, red, _ = scenes_of(shape)
        frames = [np.ptp(np.argwhere(one), axis=0) + 1 for one in red]
        middles[shape] = np.mean([one[tuple(np.argwhere(one).mean(0).round().astype(int))] for one in red])
        fills[shape] = np.mean([one.sum() / frame.prod() for one, frame in zip(red, frames, strict=True)])
    assert fills.pop("square") > max(fills.values()) + 0.1
    assert middles.pop("ring") < 0.1 and min(middles.values()) > 0.9


def test_a_bag_of_colours_and_shapes_does_not_tell_the_sentence():
    said = sentences(every_pair())
    bags = Counter(" ".join(sorted(word for word in one.split() if word in {*COLOURS, *SHAPES})) for one in said)
    assert len(said) == len(set(said)) == 24 * 23 * 4
    assert min(bags.values()) == 8, "four places, and which is the larger"
