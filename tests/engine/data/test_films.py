"""Films: the same options give the same; a film run backwards shows the opposite; what is asked of each kind."""

import numpy as np
import pytest
import torch

from dltui.engine.data.films import AHEAD, build
from dltui.engine.generators import acted, balls, mouths
from dltui.engine.reading.sentences import as_words


def random(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("show", ["actions", "words", "stories", "balls"])
def test_the_same_options_give_the_same_films(show):
    a, b, other = (build(show=show, train_rows=12, test_rows=4, seed=seed).builtin() for seed in (0, 0, 1))
    assert torch.equal(a.train.inputs, b.train.inputs) and torch.equal(a.test.targets, b.test.targets)
    assert not torch.equal(a.train.inputs, other.train.inputs)
    assert a.train.inputs.shape == (12, 7, 28, 28) and a.train.inputs.dtype == torch.uint8
    assert a.facts["frames"] == a.facts["channels"] == 7 and a.facts["size"] == 28


@pytest.mark.parametrize("first", range(0, len(acted.ACTIONS), 2))
def test_opposite_actions_are_each_other_backwards(first):
    assert np.array_equal(acted.MOVES[first], -acted.MOVES[first + 1]) and acted.MOVES[first].any()


def test_opposite_words_are_each_other_backwards():
    for first in range(0, len(mouths.WORDS), 2):
        assert mouths.WORDS[first][::-1] == mouths.WORDS[first + 1]
    assert len(set(mouths.WORDS)) == len(mouths.WORDS) and {"".join(sorted(word)) for word in mouths.WORDS} == {"aimo"}


def test_the_middle_frame_does_not_depend_on_the_action():
    """What makes `one` guess: with the same draws, another action leaves the middle frame's pose as it is."""
    middle = acted._middles(20, random())
    clock = np.linspace(-0.5, 0.5, 7)
    angles = [middle[:, None] + clock[None, :, None] * move for move in acted.MOVES]
    assert all(np.allclose(one[:, 3], middle) for one in angles)
    assert (np.abs(angles[0][:, 0] - angles[1][:, 0]).max(1) > 0.5).all()


def test_a_wide_mouth_is_darker_than_a_closed_one():
    """In the middle of a picture the open mouth of an a is darker, or shows teeth, where a closed one shows lips."""
    opening = np.array([[mouths.SHAPES["a"], mouths.SHAPES["m"]]] * 30)
    films = mouths._filmed(opening, 28, random())[:, :, 15:19, 12:16].astype(float).mean((2, 3))
    assert (films[:, 0] < films[:, 1]).mean() > 0.8


def test_a_story_is_told_in_its_sentence():
    data = build(show="stories", train_rows=60, test_rows=4).builtin()
    told = [" ".join(as_words(row, data.vocabularies[0])) for row in data.train.targets]
    assert all(text.startswith("a ") and " then " in text for text in told) and len(set(told)) > 20
    assert max((row != 0).sum() for row in data.train.targets) <= data.train.targets.shape[1]


def test_balls_keep_between_the_walls_and_bounce():
    places, margin = np.array([0.5, 0.95, 1.3, -0.2]), np.array(0.1)
    assert np.allclose(balls.bounced(places, margin), [0.5, 0.85, 0.5, 0.4])
    far = balls.bounced(random().normal(0, 10, 1000), margin)
    assert far.min() >= 0.1 and far.max() <= 0.9


def test_the_next_frames_go_on_where_the_film_ends():
    """The step from the last given frame to the first target is as small as that between given frames."""
    data = build(show="balls", train_rows=40, test_rows=4).builtin()
    assert data.train.targets.shape == (40, AHEAD, 28, 28) and data.facts["target_channels"] == AHEAD
    frames = torch.cat([data.train.inputs, data.train.targets], 1).float()
    steps = frames.diff(dim=1).square().mean((0, 2, 3))
    assert steps.max() < 1.5 * steps.min()
