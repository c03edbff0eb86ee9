"""A CRF and Viterbi's path against all paths, tried one by one."""

from itertools import pairwise, product

import pytest
import torch

from dltui.engine.layers.crf import CRF
from dltui.engine.layers.viterbi import viterbi

K, T = 3, 5


@pytest.fixture
def field():
    torch.manual_seed(0)
    crf = CRF(K).double()
    for weights in crf.parameters():
        torch.nn.init.normal_(weights)
    return crf


def by_brute_force(crf, emissions, length):
    """Every path of one sequence with its score."""
    start, moves = crf.start, crf.moves
    found = {}
    for path in product(range(K), repeat=length):
        score = start[path[0]] + crf.end[path[-1]] + sum(emissions[t, tag] for t, tag in enumerate(path))
        found[path] = (score + sum(moves[a, b] for a, b in pairwise(path))).item()
    return found


@pytest.mark.parametrize("length", [1, 2, T])
@torch.no_grad()
def test_it_is_the_sum_and_the_best_of_all_paths(field, length):
    """Guards what stands behind a row's last word: it must count for nothing."""
    emissions = torch.randn(2, T, K, dtype=torch.float64)
    there = torch.arange(T).expand(2, -1) < torch.tensor([[length], [T]])
    every = by_brute_force(field, emissions[0], length)
    scores = torch.tensor(list(every.values()), dtype=torch.float64)
    torch.testing.assert_close(field.log_partition(emissions, there)[0], scores.logsumexp(0))
    best = max(every, key=every.get)
    found = field.best(emissions, there)[0]
    assert tuple(found[:length].tolist()) == best
    torch.testing.assert_close(field.score(emissions, found[None].expand(2, -1), there)[0], scores.max())
    probability = field.log_probability(emissions, found[None].expand(2, -1), there)[0]
    torch.testing.assert_close(probability, scores.max() - scores.logsumexp(0))


def test_gradients_are_expected_counts(field):
    """The derivative of log Z in an emission is the probability of that tag there: they sum to 1."""
    emissions = torch.randn(1, T, K, dtype=torch.float64, requires_grad=True)
    there = torch.ones(1, T, dtype=torch.bool)
    (p,) = torch.autograd.grad(field.log_partition(emissions, there).sum(), emissions)
    torch.testing.assert_close(p.sum(2), torch.ones(1, T, dtype=torch.float64))


def test_viterbi_repeats_the_last_state_behind_the_end():
    start, moves = torch.zeros(2), torch.tensor([[0.0, -9.0], [-9.0, 0.0]])
    scores = torch.tensor([[[0.0, 1.0], [0.0, 1.0], [50.0, 0.0]]])
    path, score = viterbi(start, moves, scores, torch.tensor([[True, True, False]]))
    assert path.tolist() == [[1, 1, 1]] and score.item() == 2
