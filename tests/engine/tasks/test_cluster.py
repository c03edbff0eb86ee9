"""Clustering as a task: any algorithm comes to its end, can be shown at any step, and goes on after a resume."""

import pytest
import torch

from dltui.engine.data import clouds
from dltui.engine.tasks.cluster import METRICS, build
from tests.engine.conftest import CPU

ALGORITHMS = ["kmeans", "dbscan", "hac", "diana"]


@pytest.fixture
def data():
    return clouds.build(rows=60, groups=3, spread=0.1, seed=3).builtin()


def made(data, **options):
    torch.manual_seed(0)
    nets = {}
    return build(**options)(data, nets, CPU), nets


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_it_finds_three_heaps(data, algorithm):
    task, _ = made(data, algorithm=algorithm, k=3, eps=0.4)
    first = task.evaluate()
    for step in range(1, 80):
        task.advance(step)
    last = task.evaluate()
    assert task.algorithm.done and last["ari"] > 0.95 and last["clusters"] == 3
    assert last["ari"] >= first["ari"]
    assert set(last) <= set(METRICS)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_resume_goes_on_from_the_buffers(data, algorithm):
    whole, _ = made(data, algorithm=algorithm)
    begun, nets = made(data, algorithm=algorithm)
    for step in range(1, 4):
        whole.advance(step)
        begun.advance(step)
    torch.manual_seed(5)  # another start, which the state must overwrite
    resumed_nets = {}
    resumed = build(algorithm=algorithm)(data, resumed_nets, CPU)
    resumed_nets["algorithm"].load_state_dict(nets["algorithm"].state_dict())
    for step in range(4, 7):
        whole.advance(step)
        resumed.advance(step)
    assert torch.equal(whole.algorithm.labels, resumed.algorithm.labels)
    assert whole.evaluate() == resumed.evaluate()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_step_can_be_seen(data, algorithm):
    task, _ = made(data, algorithm=algorithm)
    for step in range(1, 12):
        payloads = {picture.pane: picture.payload for picture in task.pictures()}
        shown = payloads["points"]
        assert len(shown["x"]) == 60 and shown["label"].max() < len(shown["classes"])
        assert ("tree" in payloads) == (algorithm in ("hac", "diana"))
        task.advance(step)


def test_points_of_more_dimensions_are_shown_on_a_plane(data):
    wide = data._replace(
        train=data.train._replace(inputs=torch.randn(48, 7)), test=data.test._replace(inputs=torch.randn(12, 7))
    )
    task, _ = made(wide, algorithm="kmeans")
    payload = next(iter(task.pictures())).payload
    assert len(payload["marks"]["x"]) == 3 and len(payload["paths"]) == 3
