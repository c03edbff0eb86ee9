"""The finder: the rate grows until the loss explodes, then three copies of the first net are trained."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.tasks.lr_finder import METRICS, TRIED, build
from tests.engine.conftest import CPU, blobs


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    return build(hidden=[8], lowest=1e-3, highest=1e3, probe=60, apart=20.0)(data, {}, CPU)


def test_the_rate_grows_then_three_nets_are_trained_from_the_same_start(task):
    start = {name: value.clone() for name, value in task.nets["suggested"].state_dict().items()}
    grown = []
    while not task.place["over"]:
        grown.append(task.advance(len(grown) + 1)["lr"])
    assert grown == sorted(grown) and len(grown) <= 60
    for name in TRIED:
        assert all(torch.equal(value, start[key]) for key, value in task.nets[name].state_dict().items())
    low, suggested, high = (task.tried[name] for name in ("low", "suggested", "high"))
    assert high / suggested == pytest.approx(suggested / low) == pytest.approx(20)
    task.advance(len(grown) + 1)
    moved = {name: (task.nets[name].head.weight - start["head.weight"]).norm().item() for name in TRIED}
    assert moved["suggested"] / moved["low"] == pytest.approx(20, rel=1e-3)  # one gradient, three rates


@torch.no_grad()
def shown(task):
    return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


def test_it_says_and_draws_nothing_of_what_it_does_not_know_yet(task):
    assert shown(task) == ({}, {})
    for step in range(1, 91):
        task.advance(step)
    values, panes = shown(task)
    assert set(values) == set(METRICS) - {"loss_growing"}
    assert values["loss_suggested"] < values["loss_low"]
    assert panes["finder"]["curves"][0]["x"][0] == values["suggestion"] < values["end"]
    assert [len(curve["x"]) for curve in panes["three rates"]["curves"]] == [90 - task.place["seen"]] * 3
