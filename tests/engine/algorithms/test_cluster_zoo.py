"""Each method is what its name says, each shape breaks some, and what was found is kept and scored."""

import numpy as np
import pytest
import torch
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from dltui.engine.algorithms import cluster_zoo as zoo
from tests.engine.conftest import context


def shape(name: str, seed: int = 0, rows: int = 200) -> zoo.Shape:
    return zoo.Shape(name, rows, 3, seed)


@pytest.mark.parametrize("linkage", ["single", "average"])
def test_linked_equals_scikit_learn(linkage):
    """Guards single points: they are clusters of their own, not one of noise."""
    x = shape("noise", 1).x
    theirs = AgglomerativeClustering(4, linkage=linkage).fit_predict(x.numpy())
    assert adjusted_rand_score(theirs, zoo.linked(x, 4, linkage).numpy()) == 1


def test_all_methods_find_groups_that_lie_apart():
    methods = zoo.build()(context()).methods
    one = shape("apart", rows=400)
    torch.manual_seed(0)
    for name, method in methods.items():
        assert one.ari(method(one.x, one.k)) > 0.97, name


def test_chains_follow_rings_and_cross_bridges_where_means_do_the_reverse():
    """Guards the shapes: each must break some method, else the sheet says nothing."""
    torch.manual_seed(0)
    rings, bridges = shape("rings"), shape("bridges", rows=400)
    assert rings.ari(zoo.linked(rings.x, 2, "single")) == 1 and rings.ari(zoo.kmeans(rings.x, 2)) < 0.1
    assert bridges.ari(zoo.linked(bridges.x, 3, "single")) < 0.6 < 0.9 < bridges.ari(zoo.kmeans(bridges.x, 3))


def test_scattered_points_are_not_scored():
    one = shape("noise")
    assert one.k == 3 and 0.1 < (~one.grouped).double().mean() < 0.2
    labels = torch.where(one.grouped, one.groups, torch.arange(len(one.x)) % 3)
    assert one.ari(labels) == 1


def test_noise_counts_to_the_nearest_cluster():
    """Guards the field: one point called noise must not turn a score of 1 into 0; but noise alone is no cluster."""
    one = shape("field")
    labels = torch.zeros(len(one.x), dtype=torch.long)
    labels[3] = -1
    assert one.ari(labels) == 1 and one.ari(labels - 1 - labels) == 0


def test_a_field_has_no_clusters_but_as_many_as_asked_for():
    one = shape("field", rows=500)
    assert one.k == 3 and len(zoo.kmeans(one.x, 3).unique()) == 3
    found = zoo.dbscan(one.x, 0.3, 4)
    assert len(found[found >= 0].unique()) == 1


def test_the_sheet_fills_up_and_can_be_rewound():
    walk = zoo.build(rows=80)(context(seed=3))
    walk.methods = {"k-means": lambda x, k: torch.arange(len(x)) % k, "DBSCAN": lambda x, k: torch.zeros(len(x)).long()}
    walk.cells = [(method, name) for name in zoo.SHAPES for method in walk.methods]
    walk.length = len(walk.cells)
    last = walk.at(walk.length)
    assert last.metrics["kmeans_in_field"] == 3 and last.metrics["dbscan_in_field"] == 1
    assert last.metrics["best_everywhere"] == 1, "one cluster is nowhere better than chance, but best in the field"
    early = walk.at(3)
    table = early.pictures[1].payload["rows"]
    assert [row[1:] for row in table[:3]] == [["0.00", "1.00"], [table[1][1], ""], ["", ""]]
    assert early.pictures[0].payload["title"] == "apart"
    sheet = np.asarray(early.pictures[2].payload["pixels"])
    assert sheet.shape == (len(zoo.SHAPES) * zoo.SIDE, 2 * zoo.SIDE, 3)
    assert (sheet[-zoo.SIDE :].max(-1) <= max(zoo.GREY)).all(), "what is to come is grey"
