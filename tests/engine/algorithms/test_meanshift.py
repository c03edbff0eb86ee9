"""Mean shift ends in scikit-learn's centres and labels; every move climbs the density; wrong twins are caught."""

import pytest
import torch
from sklearn.cluster import MeanShift as Theirs
from sklearn.cluster import get_bin_seeds

from dltui.engine.algorithms import meanshift
from tests.engine.conftest import built


def points(seed: int, rows: int = 150, dims: int = 2) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def at_rest(algorithm: meanshift.MeanShift) -> meanshift.MeanShift:
    for _ in range(300):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("the windows do not come to rest")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("radius", "dims"), [(0.3, 2), (0.8, 2), (2.5, 2), (1.2, 3), (0.4, 1)])
def test_centres_and_labels_are_those_of_scikit_learn(seed, radius, dims):
    """Guards which window stays: the first, or the one with least points, is not always the same centre."""
    x = points(seed, dims=dims)
    ours = at_rest(built(meanshift, x, radius=radius))
    theirs = Theirs(bandwidth=radius, bin_seeding=True).fit(x.numpy())
    assert torch.allclose(ours.centres, torch.from_numpy(theirs.cluster_centers_), atol=1e-9)
    assert ours.labels.tolist() == theirs.labels_.tolist()
    assert ours.evaluate()["error"] < 1e-9 and ours.evaluate()["falls"] == 0


@pytest.mark.parametrize("dims", [1, 2, 4])
def test_the_grid_is_scikit_learns_and_covers_all_points(dims):
    x = points(5, dims=dims)
    nodes = meanshift.grid(x, 0.7)
    theirs = torch.from_numpy(get_bin_seeds(x.numpy(), 0.7)).double()
    assert len(nodes) == len(theirs) and torch.cdist(nodes, theirs).amin(1).max() < 1e-6
    assert torch.cdist(x, nodes).amin(1).max() <= 0.7


@pytest.mark.parametrize("dims", [6, 50])
def test_in_many_dimensions_too_each_point_lies_under_a_window(dims):
    """The nearest node of the grid is farther than the radius there: a table of 50 columns had no window at all."""
    x = points(6, dims=dims)
    assert torch.cdist(x, meanshift.grid(x, 0.7)).amin(1).max() <= 0.7
    ours = at_rest(built(meanshift, x, radius=0.7))
    assert ours.labels.max() < len(ours.centres) and ours.evaluate()["error"] < 1e-9


def test_the_mean_of_a_window_climbs_and_the_one_away_from_it_falls():
    """Guards the sign: a window that moves away from the mean of its points loses density."""
    x = points(1)
    windows = meanshift.grid(x, 0.8)
    means, counts, before = meanshift.shifted(x, windows, 0.8)
    assert (meanshift.shifted(x, means, 0.8)[2] >= before - 1e-12).all()
    away = 2 * windows - means
    assert (meanshift.shifted(x, away, 0.8)[2] < before)[counts > 5].double().mean() > 0.8


def test_windows_further_apart_than_are_in_memory_at_once_are_all_moved(monkeypatch):
    x = points(2)
    windows = meanshift.grid(x, 0.3)
    want = meanshift.shifted(x, windows, 0.3)
    monkeypatch.setattr(meanshift, "TOGETHER", 7)
    for ours, theirs in zip(meanshift.shifted(x, windows, 0.3), want, strict=True):
        assert torch.allclose(ours, theirs)


def test_falls_are_counted():
    """Guards the claim: what counts nothing would always meet it."""
    ours = built(meanshift, points(0), radius=0.8)
    ours.density += 1
    ours.step()
    assert int(ours.falls) == len(ours.windows)


def test_outlines_are_drawn_a_radius_from_the_centres_where_they_are_few():
    ours = at_rest(built(meanshift, points(0), radius=1.0))
    k = len(ours.centres)
    outlines = ours.paths()[:, -k:]
    assert torch.allclose((outlines - ours.centres).norm(dim=2), torch.tensor(1.0).double())
    assert built(meanshift, points(0, dims=3), radius=1.0).paths().shape[2] == 3
