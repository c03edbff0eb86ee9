"""Patterns: the same every time; a row of pixels goes on with a period of its own; two shades apart."""

import numpy as np

from dltui.engine.generators.patterns import patterns


def test_the_same_seed_gives_the_same():
    assert np.array_equal(patterns(5, 0), patterns(5, 0)) and not np.array_equal(patterns(5, 0), patterns(5, 1))
    assert patterns(4, 0, size=20, channels=3).shape == (4, 3, 20, 20)


def test_half_of_them_are_straight_and_all_repeat_themselves():
    """A straight pattern is the same along its stripes: its gradients have one direction, up to the sign."""
    pictures = patterns(60, 0)[:, 0].astype(float)
    down, across = np.gradient(pictures, axis=(1, 2))
    tensor = np.stack([(across**2).sum((1, 2)), (across * down).sum((1, 2)), (down**2).sum((1, 2))])
    coherence = np.hypot(tensor[0] - tensor[2], 2 * tensor[1]) / (tensor[0] + tensor[2])
    assert 0.3 < (coherence > 0.85).mean() < 0.8
    assert (pictures.max((1, 2)) - pictures.min((1, 2)) > 70).all()
    turns = np.abs(np.diff(np.sign(pictures - pictures.mean((1, 2), keepdims=True)), axis=2)).sum((1, 2)) / 2
    assert turns.mean() > 28 * 2  # light and dark change more than twice along a row
