"""The perceptron shown: a step is a mistake, and what stands still is not drawn again."""

import pytest
import torch

from dltui.engine.data import blobs
from dltui.engine.tasks.perceptron import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture
def task():
    torch.manual_seed(0)
    return build()(blobs.build().builtin(), {}, CPU)


def run(task, steps=100):
    for step in range(1, steps + 1):
        task.advance(step)
        yield step, task.evaluate(), list(task.pictures())


def test_every_step_is_a_mistake_until_there_are_none(task):
    seen = 0
    for step, found, _ in run(task):
        if found["errors"]:
            assert found["mistakes"] == step and found["rows_seen"] > seen
        seen = found["rows_seen"]
    assert found["errors"] == 0 and found["mistakes"] < 100 and found["mistakes"] <= found["bound"]
    assert found["accuracy"] >= 0.98


def test_the_mistake_is_marked_and_lies_on_its_side_or_nearer_after_the_step(task):
    task.advance(1)
    with torch.no_grad():
        line = next(task.pictures()).payload
    assert line["classes"][2] == "the mistake"
    row = task.place["row"]
    assert (line["points"]["x"][-1], line["points"]["label"][-1]) == (pytest.approx(task.points[row, 0].item()), 2)
    assert task.y[row] * (task.x[row] @ task.state.w) > 0  # from w = 0 one step is enough


def test_what_has_settled_is_shown_once_more_and_then_no_more(task):
    shown = [(found["mistakes"], len(pictures)) for _, found, pictures in run(task)]
    last = shown[-1][0]
    after = [pictures for mistakes, pictures in shown if mistakes == last]
    assert after[:2] == [2, 2] and not any(after[2:])


def test_the_square_of_w_lies_between_the_two_lines_of_the_proof(task):
    for _ in run(task, 60):
        pass
    found, most, least = task._proof()["curves"]
    k = found["x"]
    assert (found["y"] <= k * most["y"][0] * (1 + 1e-9)).all()
    assert (found["y"] >= k**2 * least["y"][0] * (1 - 1e-9)).all()
    assert most["y"][1] == pytest.approx(least["y"][1])  # they meet at the bound


def test_it_wants_points_of_two_classes(data):
    with pytest.raises(DltuiError, match="two classes of points in the plane, not 3"):
        build()(data._replace(classes=("a", "b", "c")), {}, CPU)
