"""k-medians: centres are numpy's medians, its sum never rises; by means it is scikit-learn's k-means."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from dltui.engine.algorithms import kmedians
from tests.engine.conftest import built


def points(seed: int, rows: int = 200, dims: int = 3) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) ** 3


def at_rest(algorithm: kmedians.KMedians) -> kmedians.KMedians:
    for _ in range(300):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("it does not come to rest")


@pytest.mark.parametrize("seed", range(4))
def test_each_step_is_numpys_median_of_scipys_nearest(seed):
    """Guards both half steps: k-medians by means, or by squared distances, is another algorithm."""
    torch.manual_seed(seed)
    x = points(seed)
    ours = built(kmedians, x, k=4)
    for _ in range(4):
        labels = cdist(x, ours.centres, "cityblock").argmin(1)
        want = np.stack([np.median(x[labels == j], 0) for j in range(4)])
        means = np.stack([x[labels == j].numpy().mean(0) for j in range(4)])
        assert ours.l1 == pytest.approx(cdist(x, ours.centres, "cityblock").min(1).sum())
        ours.step()
        assert np.allclose(ours.centres, want) and not np.allclose(ours.centres, means)


@pytest.mark.parametrize("seed", range(4))
def test_the_sum_of_distances_never_rises_and_no_shift_of_a_centre_lowers_it(seed):
    torch.manual_seed(seed)
    ours, seen = built(kmedians, points(seed), k=5), []
    while not ours.done:
        seen.append(ours.l1)
        ours.step()
    assert seen == sorted(seen, reverse=True) and int(ours.rises) == 0
    mine = ours.x[ours.labels == 0]
    at = ours.centres[0]
    least = (mine - at).abs().sum()
    assert all((mine - at - shift).abs().sum() >= least - 1e-9 for shift in 0.1 * torch.randn(50, 3).double())


@pytest.mark.parametrize("seed", range(3))
def test_with_means_it_is_scikit_learns_k_means(seed):
    torch.manual_seed(seed)
    x = points(seed)
    ours = built(kmedians, x, k=4, centre="mean")
    theirs = KMeans(4, init=ours.centres.numpy(), n_init=1, tol=0).fit(x.numpy())
    at_rest(ours)
    assert torch.allclose(ours.centres, torch.from_numpy(theirs.cluster_centers_))


def test_a_rise_is_counted():
    """Guards the claim: what counts nothing would always meet it. Means do raise the sum of absolute distances."""
    rises = []
    for seed in range(10):
        torch.manual_seed(seed)
        rises.append(int(at_rest(built(kmedians, points(seed), k=4, centre="mean")).rises))
    assert max(rises) > 0


def test_one_outlier_in_twenty_moves_a_mean_and_hardly_a_median():
    x = torch.cat([points(1, 95, 2), points(2, 5, 2) + 1000])
    found = {
        centre: at_rest(built(kmedians, x, k=1, centre=centre)).centres.abs().max() for centre in ("median", "mean")
    }
    assert found["median"] < 1 < 40 < found["mean"]


def test_a_centre_without_points_stays():
    x = points(3, 50, 2)
    ours = kmedians.KMedians(x, torch.cat([x[:2], x[:1] + 1000]), "median")
    far = ours.centres[2].clone()
    ours.step()
    assert torch.equal(ours.centres[2], far)


def test_the_error_is_zero_in_the_true_centres_in_any_order():
    x = points(4, 60, 2)
    groups = x[:3].clone()
    assert kmedians.KMedians(x, groups[[2, 0, 1]], "median", groups).evaluate()["centre_error"] == 0
