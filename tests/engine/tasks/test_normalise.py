"""Three landscapes of one neuron: the same answers at first and in the end, and what scaling saves on the way."""

import pytest
import torch

from dltui.engine.algorithms.logistic import gradient, loss
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.data import breast_cancer
from dltui.engine.tasks.normalise import METRICS, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def table(classes=2):
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, classes, (150,), generator=generator)
    inputs = 4 * (torch.randn(150, 2, generator=generator) + targets[:, None]) + 9
    split = Split(inputs, targets)
    names = tuple("abc"[:classes])
    return Dataset(split, split, names, "builtin", "", {"inputs": 2, "classes": classes}, columns=("one", "two"))


def made(**options):
    torch.manual_seed(0)
    return build(**options)(table(), {}, CPU)


def advanced(task, steps):
    for step in range(1, steps + 1):
        task.advance(step)
    return task


def test_all_three_begin_with_the_same_answers_and_have_the_same_least_place():
    task = made()
    answers = (task.X @ task.start[..., None])[..., 0]
    torch.testing.assert_close(answers[0], answers[2])
    torch.testing.assert_close(answers[1], answers[2])
    assert gradient(task.least, task.X, task.y).abs().max() < 1e-9


def test_standardised_inputs_have_a_round_landscape_and_are_there_first():
    task = advanced(made(), 75)
    found = task.evaluate()
    assert set(found) == set(METRICS) and found["arrived"] == 3
    assert found["condition_standardised"] == pytest.approx(1) and found["condition_centred"] > 5
    assert 5 * found["steps_standardised"] <= found["steps_centred"] <= found["steps_raw"] / 5


def test_steps_are_counted_to_where_a_twentieth_is_left():
    task = made()
    theta, steps = task.start.clone(), 0
    while (loss(theta, task.X, task.y) - task.floor)[1] > 0.05 * task.depth[1]:
        theta, steps = theta - task.safe * gradient(theta, task.X, task.y), steps + 1
    assert advanced(task, 40).evaluate()["steps_centred"] == steps > 3


def test_when_all_have_arrived_nothing_moves():
    task = advanced(made(), 75)
    descents, theta = task.place["descents"], task.state.theta.clone()
    task.advance(76)
    assert task.place["descents"] == descents and torch.equal(task.state.theta, theta)


def test_the_map_shows_the_trail_and_the_least_place():
    task = advanced(made(column=0), 5)
    payload = {picture.pane: picture.payload for picture in task.pictures()}["centred"]
    assert (
        payload["names"][0].startswith("steps: ")
        and payload["names"][0].endswith("one")
        and payload["trail_x"].shape == (1, 6)
    )
    heights, (left, right), (bottom, top) = payload["values"], payload["x"], payload["y"]
    row, column = divmod(int(heights.argmin()), heights.shape[1])
    at = left + (right - left) * column / 59, top - (top - bottom) * row / 39
    assert at[0] == pytest.approx(payload["marks"]["x"][0], abs=(right - left) / 40)
    assert at[1] == pytest.approx(payload["marks"]["y"][0], abs=(top - bottom) / 20)


@pytest.mark.parametrize(("data", "column"), [(table(classes=3), 0), (table(), 2)], ids=["classes", "column"])
def test_what_it_cannot_take_is_told(data, column):
    with pytest.raises(DltuiError, match="two classes by column"):
        build(column=column)(data, {}, CPU)


def test_raw_columns_keep_their_units():
    raw, scaled = breast_cancer.build(raw=True).builtin(), breast_cancer.build().builtin()
    column = raw.train.inputs[:, 1]
    assert raw.train.inputs.dtype == torch.float32 and 18 < column.mean() < 21
    torch.testing.assert_close((column - column.mean()) / column.std(correction=0), scaled.train.inputs[:, 1])
