"""Sequential selection in both directions equals scikit-learn's and trying all; a ranking takes what stands first."""

import pytest
import torch
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.model_selection import LeaveOneOut as EachOut
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.algorithms.filters import information_gain
from dltui.engine.algorithms.ranked_subsets import RankedSubsets
from dltui.engine.algorithms.sfs import SFS
from dltui.engine.metrics.nearest_neighbours import K, LeaveOneOut


def table(rows: int = 60, D: int = 6, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    x = torch.randn(rows, D, generator=generator)
    x[:, 1] += y
    x[:, 4] -= 1.5 * (y == 1)
    return x, y


def ended(algorithm):
    while not algorithm.done:
        algorithm.step()
    return algorithm


@pytest.mark.parametrize("seed", [0, 1])
def test_backward_steps_are_those_of_scikit_learn(seed):
    """Guards the direction: dropping the column without which it does worst keeps the noise."""
    x, y = table(36, 5, seed)
    ours = ended(SFS(LeaveOneOut(x, y), 5, backward=True))
    assert int(ours.evaluations) == 15 and ours.sets.sum(1).tolist() == [5, 4, 3, 2, 1, 0]
    theirs = SequentialFeatureSelector(
        KNeighborsClassifier(K), n_features_to_select=2, cv=EachOut(), direction="backward"
    )
    assert ours.sets[3].tolist() == theirs.fit(x.numpy(), y.numpy()).get_support().tolist()


@pytest.mark.parametrize("backward", [False, True])
def test_each_step_equals_trying_all(backward):
    """Guards which columns are tried: every one that has not moved, each beside all that have."""
    x, y = table(seed=3)
    criterion = LeaveOneOut(x, y)
    ours = ended(SFS(criterion, 6, backward=backward))
    for before, after, worth in zip(ours.sets, ours.sets[1:], ours.worth[1:], strict=False):
        tried = [before ^ (torch.arange(6) == column) for column in range(6) if before[column] == backward]
        scores = criterion(torch.stack(tried))
        assert worth == scores.max() and torch.equal(after, tried[int(scores.argmax())])


@pytest.mark.parametrize(("backward", "scored", "left"), [(False, 6 + 5, 2), (True, 6 + 5 + 4 + 3, 2)])
def test_it_stops_at_as_many_columns_as_it_is_told(backward, scored, left):
    x, y = table()
    ours = ended(SFS(LeaveOneOut(x, y), 6, backward=backward, stop=2))
    assert int(ours.evaluations) == scored and int(ours.sets[-1].sum()) == left


def test_backward_keeps_a_pair_that_forward_takes_last():
    """Guards the start of elimination: all columns are in, so that a pair is seen."""

    def score(bits):
        first, second, *others = bits.double().unbind(1)
        return first * second - 0.1 * (first - second).abs() - 0.01 * sum(others)

    backward, forward = (ended(SFS(score, 5, backward=way)) for way in (True, False))
    assert backward.sets[3].tolist() == [True, True, False, False, False]
    assert forward.sets[3, :2].sum() == 0


def test_a_ranking_takes_the_first_columns_of_its_measure():
    """Guards the order: the least informative first would make the curve rise last."""
    x, y = table(200)
    scores = information_gain(x, y)
    ours = ended(RankedSubsets(LeaveOneOut(x, y), scores, stop=4))
    assert ours.evaluations == 4 and ours.sets.sum(1).tolist() == [0, 1, 2, 3, 4]
    for size in range(1, 5):
        assert set(ours.sets[size].nonzero()[:, 0].tolist()) == set(scores.argsort(descending=True)[:size].tolist())
    want = LeaveOneOut(x, y)(ours.sets)
    assert torch.equal(ours.worth, want) and ours.evaluate()["mean_score"] == pytest.approx(want.mean().item())
