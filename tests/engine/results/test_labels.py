"""A clustering as a result: it is measured against the classes and drawn at every step."""

import pytest
import torch

from dltui.engine.algorithms import dbscan, diana, hac, kmeans
from dltui.engine.data import clouds
from dltui.engine.results import labels
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from tests.engine.conftest import context

ALGORITHMS = {
    "kmeans": (kmeans, {"k": 3}),
    "dbscan": (dbscan, {"eps": 0.4}),
    "hac": (hac, {"k": 3}),
    "diana": (diana, {"k": 3}),
}


@pytest.fixture
def data():
    return clouds.build(rows=60, groups=3, spread=0.1, seed=3).builtin()


def made(data, module, **options):
    torch.manual_seed(0)
    algorithm = module.build(**options)(context(data))
    return algorithm, labels.build()(algorithm, context(data))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_it_finds_three_heaps(data, name):
    module, options = ALGORITHMS[name]
    algorithm, result = made(data, module, **options)
    first = result.evaluate()
    for _ in range(80):
        if not algorithm.done:
            algorithm.step()
    last = result.evaluate()
    assert algorithm.done and last["ari"] > 0.95 and last["clusters"] == 3
    assert last["ari"] >= first["ari"] and set(last) <= set(labels.METRICS)
    assert set(algorithm.evaluate()) <= set(module.METRICS)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_step_can_be_seen(data, name):
    module, options = ALGORITHMS[name]
    algorithm, result = made(data, module, **options)
    for _ in range(11):
        payloads = {picture.pane: picture.payload for picture in result.pictures()}
        shown = payloads["points"]
        assert len(shown["x"]) == 60 and shown["label"].max() < len(shown["classes"])
        assert ("tree" in payloads) == (name in ("hac", "diana"))
        if not algorithm.done:
            algorithm.step()


def test_points_of_more_dimensions_are_shown_on_a_plane(data):
    wide = data._replace(
        train=data.train._replace(inputs=torch.randn(48, 7)), test=data.test._replace(inputs=torch.randn(12, 7))
    )
    _, result = made(wide, kmeans)
    payload = next(iter(result.pictures())).payload
    assert len(payload["marks"]["x"]) == 3 and len(payload["paths"]) == 3


def test_an_option_of_another_algorithm_is_an_error():
    """One task for all of them took every option, and did nothing with those that meant nothing."""
    with pytest.raises(DltuiError, match=r'algorithm\.linkage is unknown for kind "kmeans"'):
        recipes.load("kmeans", {"algorithm.linkage": "single"})
    assert recipes.load("hac", {"algorithm.linkage": "single"})


class Halves:
    """All that a new clustering must have: left and right."""

    loose = ()

    def __init__(self, context):
        points, _ = context.rows.points()
        self.labels = (points[:, 0] > 0).long()


def test_a_new_clustering_needs_labels_alone(data):
    result = labels.build()(Halves(context(data)), context(data))
    assert [picture.pane for picture in result.pictures()] == ["points"]
    assert result.evaluate()["clusters"] == 2
