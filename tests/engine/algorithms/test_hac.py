"""Agglomerative trees are scipy's; a divisive tree splits the widest cluster; a tree is shown merge by merge."""

import numpy as np
import pytest
import torch
from scipy.cluster import hierarchy

from dltui.engine.algorithms import diana, hac
from tests.engine.conftest import built


def points(seed: int, rows: int = 40, dims: int = 3) -> torch.Tensor:
    return torch.randn(rows, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("linkage", ["single", "average", "centroid"])
def test_the_tree_is_that_of_scipy(linkage, seed):
    """Guards each linkage's formula: centroid without its last term, or average without weights, is another tree."""
    x = points(seed)
    ours, theirs = hac.merged(x, linkage), hierarchy.linkage(x.numpy(), linkage)
    assert np.allclose(ours[:, 2:], theirs[:, 2:]) and np.array_equal(ours[:, :2], theirs[:, :2])


@pytest.mark.parametrize("linkage", ["single", "average", "centroid"])
def test_clusters_are_those_of_scipys_cut(linkage):
    x = points(7)
    tree = built(hac, x, linkage=linkage, k=5)
    assert tree.evaluate()["agreement"] < 0.1
    while not tree.done:
        tree.step()
    theirs = hierarchy.fcluster(hierarchy.linkage(x.numpy(), linkage), 5, "maxclust")
    if linkage != "centroid":  # its heights may sink, which fcluster does not cut
        assert same_groups(hac.clusters(tree.Z, len(x) - 5), theirs)
    assert tree.evaluate()["agreement"] == 1


def same_groups(ours: torch.Tensor, theirs: np.ndarray) -> bool:
    """Whether two labellings (N,) group alike; -1 is alone."""
    names = [int(label) if label >= 0 else f"alone {at}" for at, label in enumerate(ours.tolist())]
    pairs = set(zip(names, theirs.tolist(), strict=True))
    return len(pairs) == len(set(names)) == len(set(theirs.tolist()))


def test_the_larger_part_keeps_its_number():
    Z = torch.tensor([[0, 1, 1, 2], [2, 3, 2, 2], [4, 6, 3, 3], [5, 7, 4, 5]], dtype=torch.float64)
    assert [hac.clusters(Z, count).tolist() for count in range(5)] == [
        [-1, -1, -1, -1, -1],
        [0, 0, -1, -1, -1],
        [0, 0, 1, 1, -1],
        [0, 0, 1, 1, 1],
        [1, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_first_split_parts_the_points_where_every_one_is_nearer_to_its_own(seed):
    """Guards the splinter group's sign: points must leave for what is nearer, on the mean."""
    x = points(seed, 25)
    D = torch.cdist(x, x)
    rest, splinter = diana.split(D, torch.arange(25))
    assert sorted([*rest.tolist(), *splinter.tolist()]) == list(range(25))
    assert D.sum(1).argmax() in splinter
    for point in rest.tolist():
        to_rest = D[point, rest].sum() / (len(rest) - 1)
        assert to_rest <= D[point, splinter].mean() + 1e-12


def test_a_divisive_tree_is_a_tree_whose_heights_are_diameters():
    x = points(1, 30)
    tree = built(diana, x, k=3)
    Z = tree.Z.numpy()
    assert hierarchy.is_valid_linkage(Z) and hierarchy.is_monotonic(Z)
    assert Z[-1, 2] == pytest.approx(torch.cdist(x, x).max().item())
    tree.step()
    assert len(tree.labels.unique()) == 2 and tree.tree()["shown"] == (28, 29)
    for _ in range(40):
        tree.step()
    assert tree.done and len(tree.labels.unique()) == 3


def test_each_split_is_as_high_as_the_cluster_that_it_parts_is_wide():
    """Guards against another cluster taken than the widest: then a height would be that of one that is not split."""
    x = points(2, 20)
    D, Z = torch.cdist(x, x), diana.divided(x)
    below = [[i] for i in range(20)]
    for i, j, height, _ in Z.tolist():
        below.append(below[int(i)] + below[int(j)])
        assert height == pytest.approx(D[below[-1]][:, below[-1]].max().item())


def test_two_heaps_are_parted_by_every_way():
    x = torch.cat([points(0, 12, 2), points(1, 12, 2) + 30])
    for tree in (built(hac, x, linkage="single", k=2), built(hac, x, linkage="centroid", k=2), built(diana, x, k=2)):
        while not tree.done:
            tree.step()
        assert tree.labels[:12].unique().numel() == tree.labels[12:].unique().numel() == 1
        assert tree.labels[0] != tree.labels[12]
