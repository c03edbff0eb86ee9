"""Components are scipy's, and single linkage's at the same height; one point can join two clusters."""

import pytest
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from dltui.engine.algorithms import graph_clustering
from tests.engine.conftest import built


def points(seed: int, rows: int = 60, dims: int = 2) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def at_rest(algorithm: graph_clustering.GraphClustering) -> graph_clustering.GraphClustering:
    while not algorithm.done:
        algorithm.step()
    return algorithm


def same_groups(ours: list, theirs: list) -> bool:
    return len(set(zip(ours, theirs, strict=True))) == len(set(ours)) == len(set(theirs))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("radius", [0.05, 0.3, 0.5, 5.0])
def test_components_are_scipys_and_those_of_single_linkage(seed, radius):
    """Guards the wave: one that stops after a hop, or a cut at another length, finds other groups."""
    x = points(seed)
    ours = at_rest(built(graph_clustering, x, radius=radius))
    found = graph_clustering.components(ours.joined).tolist()
    assert found == connected_components(csr_matrix(torch.cdist(x, x).numpy() <= radius))[1].tolist()
    assert same_groups(found, fcluster(linkage(x.numpy(), "single"), radius, "distance").tolist())
    values = ours.evaluate()
    assert values["components_agreement"] == values["linkage_agreement"] == 1
    assert values["limit"] == pytest.approx(radius)


def test_complete_linkage_or_one_hop_is_told_apart():
    """Guards the test above: these twins differ from it on the same points."""
    x = points(0)
    right = graph_clustering.components(torch.cdist(x, x) <= 0.5).tolist()
    assert not same_groups(right, fcluster(linkage(x.numpy(), "complete"), 0.5, "distance").tolist())
    one_hop = (torch.cdist(x, x) <= 0.5).int().argmax(1).tolist()
    assert not same_groups(right, one_hop)


def test_edges_go_from_the_longest_to_the_radius():
    ours = built(graph_clustering, points(1), radius=0.3)
    seen = []
    while not ours.done:
        seen.append(ours.evaluate()["edges"])
        ours.step()
    assert seen[0] == 60 * 59 / 2 and seen == sorted(seen, reverse=True)
    assert (ours.D[ours.joined] <= 0.3 + 1e-12).all()


def test_the_largest_component_is_the_first_and_a_lone_point_has_none():
    number = torch.tensor([0, 1, 1, 2, 2, 2, 3])
    assert graph_clustering.clusters(number).tolist() == [-1, 1, 1, 0, 0, 0, -1]


@pytest.mark.parametrize(("gap", "bridged"), [(1.9, 1), (2.1, 2)])
def test_one_point_midway_joins_two_clusters_that_are_two_radii_apart(gap, bridged):
    along = torch.tensor([0, 0.5, 1, 1 + gap, 1.5 + gap])
    ours = at_rest(built(graph_clustering, torch.stack([along, torch.zeros(5)], 1).double(), radius=1.0))
    assert ours.labels.tolist() == [0, 0, 0, 1, 1]
    assert ours.evaluate()["bridged"] == bridged


def test_only_edges_that_are_left_are_drawn():
    ours = at_rest(built(graph_clustering, points(2), radius=0.4))
    ways = ours.paths()  # (2 SHOWN + 1, N, D)
    assert ((ways[1:] - ways[:-1]).norm(dim=2) <= 0.4 + 1e-12).all()
    lengths = (ways[1::2] - ours.x).norm(dim=2).amax(0)
    longest = torch.where(ours.joined, ours.D, 0).amax(1)
    assert torch.allclose(lengths, longest), "the longest that is left is among them"
