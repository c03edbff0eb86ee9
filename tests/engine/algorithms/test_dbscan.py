"""DBSCAN's labels are scikit-learn's, and its wave goes one neighbourhood a step."""

import pytest
import torch
from sklearn.cluster import DBSCAN as Theirs

from dltui.engine.algorithms import dbscan
from dltui.errors import DltuiError
from tests.engine.conftest import built


def points(seed: int, rows: int = 150) -> torch.Tensor:
    return torch.randn(rows, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("eps", "min_points"), [(0.15, 3), (0.3, 5), (0.5, 12), (0.01, 2), (5.0, 2)])
def test_labels_are_those_of_scikit_learn(seed, eps, min_points):
    """Guards the border: points that only touch a cluster must not carry the wave on."""
    x = points(seed)
    ours = built(dbscan, x, eps=eps, min_points=min_points)
    while not ours.done:
        ours.step()
    theirs = torch.from_numpy(Theirs(eps=eps, min_samples=min_points).fit(x.numpy()).labels_)
    assert torch.equal(ours.labels, theirs)
    assert ours.evaluate() == {"agreement": 1.0, "noise": pytest.approx((theirs < 0).double().mean().item())}


def test_the_wave_takes_one_step_along_a_chain():
    x = torch.stack([torch.arange(6.0), torch.zeros(6)], 1).double()
    wave = built(dbscan, x, eps=1.1, min_points=2)
    seen = []
    while not wave.done:
        wave.step()
        seen.append(wave.labels.tolist())
    assert seen[0] == [0, -2, -2, -2, -2, -2]
    assert seen[2] == [0, 0, 0, -2, -2, -2]


def test_agreement_does_not_care_for_numbers_but_for_noise():
    ours, renamed = torch.tensor([0, 0, 1, 1, -1]), torch.tensor([1, 1, 0, 0, -1])
    assert dbscan.agreement(ours, renamed) == 1
    assert dbscan.agreement(ours, torch.tensor([1, 1, 0, 0, 0])) == pytest.approx(0.8)
    assert dbscan.agreement(torch.full((5,), -2), renamed) == 0


def test_too_many_neighbours_are_refused_before_they_are_kept(monkeypatch):
    monkeypatch.setattr(dbscan, "MOST_PAIRS", 100)
    with pytest.raises(DltuiError, match=r"algorithm\.eps=9 .* 11,175 pairs of the 150 points"):
        dbscan.neighbours(points(0), 9)
    assert dbscan.neighbours(points(0), 0.0001).nnz == 150
