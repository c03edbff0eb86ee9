"""Spectral clustering: graph, eigenvectors and labels are scikit-learn's; wrong twins of the embedding are caught."""

import pytest
import torch
from sklearn.cluster import SpectralClustering
from sklearn.manifold import spectral_embedding
from sklearn.metrics import adjusted_rand_score

from dltui.engine.algorithms import spectral
from dltui.engine.data import clouds
from tests.engine.conftest import built


def points(seed: int, rows: int = 80, dims: int = 3) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def at_rest(algorithm: spectral.Spectral) -> spectral.Spectral:
    for _ in range(100):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("the vectors do not become eigenvectors")


def rings(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    train = clouds.build(shape="rings", rows=300, spread=0.05, seed=seed).builtin().train
    return train.inputs.double(), train.targets


@pytest.mark.parametrize("seed", range(4))
def test_the_embedding_is_that_of_scikit_learn_up_to_signs(seed):
    """Guards both uses of the degrees: without either, or with the eigenvectors unsorted, it is another one."""
    torch.manual_seed(seed)
    x = points(seed)
    ours = at_rest(built(spectral, x, k=3, graph="gaussian", sigma=1.0)).embedding
    W = spectral.by_distance(x, 1.0)
    theirs = torch.from_numpy(spectral_embedding(W.numpy(), n_components=3, drop_first=False, random_state=0).copy())
    signs = (ours * theirs).sum(0).sign()
    assert torch.allclose(ours * signs, theirs, atol=1e-6)
    for wrong in (W.sum(1).diag() - W, torch.eye(len(W)) - W / W.sum(1).mean()):
        V = torch.linalg.eigh(wrong).eigenvectors[:, :3]
        signs = (V * theirs).sum(0).sign()
        assert not torch.allclose(V * signs, theirs, atol=1e-2)


@pytest.mark.parametrize("graph", ["neighbours", "gaussian"])
def test_the_graph_is_that_of_scikit_learn(graph):
    """Guards the half for neighbours of one side, and 2 sigma^2: gamma is 1 / (2 sigma^2) there."""
    x = points(1)
    model = SpectralClustering(
        2, gamma=1 / (2 * 0.7**2), n_neighbors=7, affinity="rbf" if graph == "gaussian" else "nearest_neighbors"
    ).fit(x.numpy())
    theirs = model.affinity_matrix_
    theirs = torch.from_numpy(theirs if graph == "gaussian" else theirs.toarray()).fill_diagonal_(0)
    ours = spectral.by_distance(x, 0.7) if graph == "gaussian" else spectral.by_neighbours(x, 7)
    assert torch.allclose(ours, theirs)


@pytest.mark.parametrize("seed", range(3))
def test_rings_are_separated_and_not_by_the_last_eigenvectors(seed):
    """Guards the order of the eigenvectors: the largest ones know nothing of the rings."""
    torch.manual_seed(seed)
    x, targets = rings(seed)
    ours = at_rest(built(spectral, x, k=2))
    assert adjusted_rand_score(targets, ours.labels) == 1
    ours.Y = ours.vectors[:, -2:]
    ours._cluster()
    assert adjusted_rand_score(targets, ours.labels) < 0.2


@pytest.mark.parametrize("heaps", [1, 2, 4])
def test_zero_eigenvalues_are_the_components_of_the_graph(heaps):
    x = torch.cat([points(at, 20, 2) + 100 * at for at in range(heaps)])
    found = built(spectral, x, k=2, neighbours=8).evaluate()
    assert found["zeros"] == found["components"] == heaps


def test_clusters_keep_their_numbers_from_step_to_step():
    torch.manual_seed(0)
    ours = at_rest(built(spectral, rings()[0], k=2))
    before = ours.labels
    for seed in range(4):
        torch.manual_seed(seed)
        ours._cluster()
        assert torch.equal(ours.labels, before)


def test_a_long_walk_keeps_the_last_vector_above_rounding():
    """Guards the longest walk: without it the second vector of a connected graph is lost in rounding."""
    torch.manual_seed(0)
    ours = built(spectral, points(3), k=2, graph="gaussian", sigma=1.0)
    for _ in range(40):
        ours.step()
    assert ours.residual < 1e-9
