"""A clustering as a result: it is measured against the classes and drawn at every step."""

import pytest
import torch

from dltui.engine.algorithms import dbscan, diana, hac, kmeans
from dltui.engine.data import clouds
from dltui.engine.results import labels
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
