"""Beam search against all sequences, and against greedy search."""

from itertools import product

import pytest
import torch

from dltui.engine.layers.beam_search import Hypothesis, beam_search

WORDS, END, LENGTH = 3, 3, 4


@pytest.fixture
def log_p():
    """Of the next word after each of 3 words; the fourth is the end."""
    torch.manual_seed(1)
    return torch.randn(WORDS + 1, WORDS + 1, dtype=torch.float64).mul(2).log_softmax(1)


def searched(log_p, width, **options):
    def step(last, state):
        return log_p[last], state + 1

    return beam_search(step, torch.zeros(1), 0, END, width=width, **{"length": LENGTH, **options})


def every(log_p):
    """All sequences that come to their end within LENGTH symbols, with log p."""
    rows = [(*path, END) for length in range(LENGTH) for path in product(range(WORDS), repeat=length)]
    return {row: sum(log_p[a, b].item() for a, b in zip((0, *row), row, strict=False)) for row in rows}


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_full_beam_finds_the_best_of_all(log_p, alpha):
    found, paths = searched(log_p, 4**LENGTH, alpha=alpha).best, every(log_p)
    best = max(paths, key=lambda row: paths[row] / len(row) ** alpha)
    assert found.symbols == best and found.log_p == pytest.approx(paths[best])
    assert found.score(alpha) == pytest.approx(paths[best] / len(best) ** alpha)


def test_width_one_takes_the_likeliest_word_each_time(log_p):
    symbols, last = [], 0
    while len(symbols) < LENGTH and last != END:
        last = int(log_p[last].argmax())
        symbols.append(last)
    assert searched(log_p, 1).best.symbols == tuple(symbols)


def test_a_beam_is_no_wider_than_it_should_be_and_sorted(log_p):
    for beam in searched(log_p, 3, alpha=1.0).beams:
        assert len(beam) <= 3 and [one.log_p for one in beam] == sorted((one.log_p for one in beam), reverse=True)


def test_each_sequence_keeps_its_own_state():
    """Guards the order of the states: here the state is the only thing that remembers the first word."""
    table = torch.full((3, 3), -5.0)
    table[0, 1] = table[1, 0] = table[2, 2] = -0.1

    def step(last, state):
        state = torch.where(state < 0, last, state)  # the word that was given, or the first that was written
        return table[state], state

    found = beam_search(step, torch.tensor([-1]), 0, 2, width=3, length=3)
    assert found.beams[0][0].symbols == (1,) and found.beams[1][0].symbols == (1, 1)


def test_where_none_comes_to_its_end_the_best_is_unfinished():
    never = torch.tensor([0.6, 0.4, 0.0]).log()
    found = beam_search(
        lambda last, state: (never.expand(len(last), 3), state), torch.zeros(1), 0, 2, width=2, length=2
    )
    assert found.best == Hypothesis((0, 0), pytest.approx(2 * torch.tensor(0.6).log().item()))
