"""k-means equals scikit-learn's from the same start, and k-means++ draws far points."""

import pytest
import torch
from sklearn.cluster import KMeans as Theirs

from dltui.engine.algorithms import kmeans
from tests.engine.conftest import built


def points(seed: int, rows: int = 200, dims: int = 3) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def at_rest(algorithm: kmeans.KMeans) -> kmeans.KMeans:
    for _ in range(300):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("it does not come to rest")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("start", ["random", "plusplus"])
def test_it_ends_where_scikit_learn_ends_from_the_same_centres(seed, start):
    """Guards both half steps: centres as medians, or points given to the farthest centre, end elsewhere."""
    torch.manual_seed(seed)
    x = points(seed)
    ours = at_rest(built(kmeans, x, k=5, start=start))
    theirs = Theirs(5, init=ours.first.numpy(), n_init=1, tol=0).fit(x.numpy())
    assert torch.allclose(ours.centres, torch.from_numpy(theirs.cluster_centers_), atol=1e-9)
    assert ours.labels.tolist() == theirs.labels_.tolist()
    assert ours.inertia == pytest.approx(theirs.inertia_)
    assert ours.evaluate()["same_start_inertia"] == pytest.approx(theirs.inertia_)


def test_no_step_raises_the_inertia():
    torch.manual_seed(0)
    algorithm, seen = built(kmeans, points(0), k=6, start="random"), []
    while not algorithm.done:
        seen.append(algorithm.inertia)
        algorithm.step()
    assert seen == sorted(seen, reverse=True) and seen[-1] < seen[0]


def test_plusplus_gives_every_heap_a_centre_and_a_random_start_does_not():
    """Guards D^2: drawn by D^-2, or without it, the centres crowd."""
    heaps = torch.arange(8).repeat_interleave(50)[:, None] * torch.tensor([[10.0, 0.0]])
    x = (heaps + points(1, 400, 2)).double()
    hit = {}
    for name, start in (("plusplus", kmeans.plusplus), ("random", kmeans.at_random)):
        torch.manual_seed(0)
        hit[name] = [len((start(x, 8)[:, 0] / 10).round().unique()) for _ in range(20)]
    assert sum(hit["plusplus"]) >= 158  # of 160
    assert sum(hit["random"]) < 130


def test_of_several_starts_the_best_end_is_kept():
    """Guards the comparison: the worst end, or the last, must not stay."""
    x = (torch.arange(8).repeat_interleave(20)[:, None] * torch.tensor([[10.0, 0.0]]) + points(1, 160, 2)).double()
    torch.manual_seed(0)
    starts = [kmeans.at_random(x, 8) for _ in range(5)]
    ends = [at_rest(kmeans.KMeans(x, lambda first=first: first)) for first in starts]
    best = min(ends, key=lambda end: end.inertia)
    assert best is not ends[-1], "else this test says nothing"
    waiting = iter(starts)
    kept = at_rest(kmeans.KMeans(x, lambda: next(waiting), starts=5))
    assert kept.inertia == best.inertia and torch.equal(kept.centres, best.centres)
    assert torch.equal(kept.first, best.first) and torch.equal(kept.labels, best.labels)
    assert kept.evaluate()["same_start_inertia"] == pytest.approx(kept.inertia)


def test_a_centre_that_loses_its_points_takes_the_farthest_one():
    """As in scikit-learn; without it the mean of nothing is NaN."""
    x = points(3, 50, 2)
    first = torch.cat([x[:3], x[:1] + 90])
    ours = at_rest(kmeans.KMeans(x, lambda: first))
    assert len(ours.labels.unique()) == 4
    assert ours.evaluate()["same_start_inertia"] == pytest.approx(ours.inertia)


def test_equal_points_have_as_many_centres_as_asked_for():
    assert kmeans.plusplus(torch.zeros(10, 2), 3).shape == (3, 2)
