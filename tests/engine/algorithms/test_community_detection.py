"""Modularity is its definition, betweenness counts every shortest path, and planted groups are found."""

import itertools

import pytest
import torch

from dltui.engine.algorithms import community_detection as communities
from tests.engine.conftest import context

SEEDS = range(5)


def graph(seed: int, size: int = 4) -> torch.Tensor:
    return communities.planted(3, size, 2.0, 1.0, torch.Generator().manual_seed(seed))


def at_rest(algorithm: communities.Communities) -> communities.Communities:
    for _ in range(2000):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("it does not come to rest")


def shortest(A: torch.Tensor, source: int, target: int) -> list[list[int]]:
    """Every shortest path from one node to another, by trying all."""
    paths = [[source]]
    for _ in range(len(A)):
        if done := [path for path in paths if path[-1] == target]:
            return done
        paths = [[*path, w] for path in paths for w in A[path[-1]].nonzero()[:, 0].tolist() if w not in path]
    return []


@pytest.mark.parametrize("seed", SEEDS)
def test_betweenness_counts_each_shortest_path(seed):
    """Guards the shares of paths that fork, and that each pair of nodes counts once."""
    A, want = graph(seed), torch.zeros(12, 12, dtype=torch.float64)
    for source, target in itertools.combinations(range(12), 2):
        paths = shortest(A, source, target)
        for path in paths:
            for v, w in itertools.pairwise(path):
                want[v, w] += 1 / len(paths)
                want[w, v] += 1 / len(paths)
    torch.testing.assert_close(communities.betweenness(A), want)


@pytest.mark.parametrize("resolution", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_modularity_is_the_sum_over_pairs_of_nodes(seed, resolution):
    """Guards the factor 2 of m, and that pairs of a node with itself count for what chance gives."""
    A = graph(seed)
    labels = torch.randint(4, (12,), generator=torch.Generator().manual_seed(seed))
    k, m = A.sum(1), A.sum() / 2
    want = 0.0
    for i, j in itertools.product(range(12), repeat=2):
        if labels[i] == labels[j]:
            want += (A[i, j] - resolution * k[i] * k[j] / (2 * m)).item() / (2 * m.item())
    assert communities.modularity(A, labels, resolution) == pytest.approx(want)
    assert communities.modularity_by_pairs(A, labels, resolution) == pytest.approx(want)


def test_modularity_of_known_graphs():
    """Two triangles joined by an edge: 6/7 of the edges inside, half of the ends each (Newman and Girvan 2004)."""
    A = torch.zeros(6, 6, dtype=torch.float64)
    for i, j in ((0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (2, 3)):
        A[i, j] = A[j, i] = 1
    halves = torch.tensor([0, 0, 0, 1, 1, 1])
    assert communities.modularity(A, halves) == pytest.approx(6 / 7 - 1 / 2)
    assert communities.modularity(A, torch.zeros(6, dtype=torch.long)) == pytest.approx(0)
    assert int(communities.betweenness(A).argmax()) in (2 * 6 + 3, 3 * 6 + 2), "the bridge"
    for kind in (communities.Removal, communities.Merging):
        assert at_rest(kind(A, 2, 1.0)).labels.tolist() == halves.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_merge_raises_modularity_most(seed):
    """Guards the gain 2 (e - a a): the sign, the factor, and that the graph's own degrees are used."""
    algorithm = communities.Merging(graph(seed), 3, 1.0)
    while not algorithm.finished():
        labels = algorithm.labels
        tried = [
            communities.modularity(algorithm.A, labels.where(labels != j, i))
            for i, j in itertools.combinations(range(int(labels.max()) + 1), 2)
        ]
        algorithm.step()
        assert algorithm.modularity == pytest.approx(max(tried))


@pytest.mark.parametrize("seed", SEEDS)
def test_components_are_what_can_be_reached(seed):
    A = graph(seed) * (torch.rand(12, 12, generator=torch.Generator().manual_seed(seed)) < 0.5)
    A = torch.maximum(A, A.T)
    labels, want = communities.components(A), torch.arange(12)
    for _ in range(12):
        for i, j in A.nonzero().tolist():
            want[i] = want[j] = min(int(want[i]), int(want[j]))
    assert labels.tolist() == want.unique(return_inverse=True)[1].tolist()


@pytest.mark.parametrize("method", ["removal", "merging"])
def test_planted_groups_are_found_and_the_best_is_shown_at_last(method):
    algorithm = at_rest(communities.build(method=method, inside=8.0, outside=1.0)(context(seed=3)))
    found = algorithm.evaluate()
    assert found["nmi"] == 1 and found["communities"] == 4 and found["error"] < 1e-12
    assert found["modularity"] == found["best_modularity"] == found["planted_modularity"]
    assert algorithm.trail.values.max().item() == pytest.approx(found["modularity"])
    name, edges = algorithm.drawn()
    assert name == "edges between communities" and edges.sum() < algorithm.A.sum() / 4


def test_without_what_chance_gives_all_is_one_community():
    """Guards the second term: without it modularity is the share of edges inside."""
    for method in ("removal", "merging"):
        found = at_rest(communities.build(method=method, resolution=0.0)(context())).evaluate()
        assert found["communities"] == 1 and found["nmi"] == 0 and found["modularity"] == pytest.approx(1)


def test_a_graph_has_the_edges_asked_for():
    A = communities.planted(4, 40, 10.0, 3.0, torch.Generator().manual_seed(0))
    same = torch.arange(160)[:, None] // 40 == torch.arange(160) // 40
    assert torch.equal(A, A.T) and A.diag().sum() == 0
    assert (A * same).sum(1).mean().item() == pytest.approx(10, abs=1)
    assert (A * ~same).sum(1).mean().item() == pytest.approx(3, abs=0.5)
