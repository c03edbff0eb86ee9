"""Strings of digits: they are those that the targets say, and nothing of the test is in the training."""

import numpy as np
import torch

from dltui.engine.data import digit_strings
from dltui.engine.generators.digit_strings import strung


def test_targets_are_symbols_of_the_vocabulary_with_blanks_behind():
    data = digit_strings.build(train_rows=40, test_rows=20, least=2, most=4).builtin()
    assert data.train.inputs.shape == (40, 1, 28, 72) and data.test.targets.shape == (20, 4)
    words = data.vocabularies[0]
    for row in data.train.targets.tolist():
        length = sum(number > 0 for number in row)
        assert 2 <= length <= 4 and all(words[number].isdigit() for number in row[:length]) and not any(row[length:])


def test_a_seed_decides_everything():
    one, same, other = (digit_strings.build(train_rows=10, test_rows=4, seed=seed).builtin() for seed in (1, 1, 2))
    assert torch.equal(one.train.inputs, same.train.inputs) and torch.equal(one.test.targets, same.test.targets)
    assert not torch.equal(one.train.inputs, other.train.inputs)
    assert not torch.equal(one.train.inputs[:4], one.test.inputs)


def test_digits_stand_in_their_order_and_none_is_lost():
    """Three bars of different brightness, far apart and pressed together."""
    bars = np.zeros((3, 1, 28, 28), np.uint8)
    for number, bar in enumerate(bars):
        bar[0, 4:24, 10:16] = 100 + 50 * number
    for width in (60, 17):
        strings = strung(bars, np.array([3]), width, np.random.default_rng(0))
        seen = strings[0, 0].max(0)
        firsts = [int(np.flatnonzero(seen == 100 + 50 * number)[0]) for number in range(3)]
        assert firsts == sorted(firsts) and len(set(firsts)) == 3
