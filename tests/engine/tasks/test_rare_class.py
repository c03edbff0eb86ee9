"""A rare class: the weight and the threshold of its loss and answer, and pictures that show both."""

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.data import rare
from dltui.engine.tasks.rare_class import METRICS, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return rare.build(rows=1000).builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(**options)(data, {"model": nn.Linear(data.train.inputs.shape[1], 1)}, CPU)


def test_a_weight_counts_a_rare_row_as_so_many():
    """Guards the side that the weight is on, and that a mean over the rows is taken, not over the weights."""
    data = rare.build(rows=1000).builtin()
    plain, weighted = made(data), made(data, weight=7.0)
    some = torch.arange(1000)
    rows = torch.cat([some[plain.truth][:3], some[~plain.truth][:17]])
    seven_times = torch.cat([rows[:3].repeat(7), rows[3:]])
    want = plain.loss(seven_times) * len(seven_times) / len(rows)
    assert weighted.loss(rows).item() == pytest.approx(want.item(), rel=1e-5)


@torch.no_grad()
def test_the_rare_class_is_that_of_fewer_rows(data):
    flipped = data._replace(train=data.train._replace(targets=1 - data.train.targets))
    assert made(data).rare == 1 and made(flipped).rare == 0
    assert torch.equal(made(data).truth, made(flipped).truth)


@torch.no_grad()
def test_a_lower_threshold_finds_more_and_ranks_alike(data):
    high, low = (made(data, threshold=threshold).evaluate() for threshold in (0.9, 0.1))
    assert set(high) == set(METRICS) - {"loss"}
    assert high["recall"] < low["recall"] and high["average_precision"] == low["average_precision"]
    assert high["always_common"] == pytest.approx(0.99)


@torch.no_grad()
def test_the_fields_border_lies_at_the_threshold(data):
    task = made(data, threshold=0.2)
    rows = torch.randn(200, 2)
    assert torch.equal(task._leaning(rows) >= 0.5, task.probability(rows) >= 0.2)


@torch.no_grad()
def test_rare_points_are_drawn_although_they_are_few(data):
    task = made(data)
    field, table, curve, counts = (picture.payload for picture in task.pictures())
    drawn = np.asarray(field["points"]["label"])
    assert drawn.sum() == 20 and len(drawn) == 120 and field["classes"] == ["common", "rare"]
    values = task.evaluate()
    for name, never, now in table["rows"]:
        assert now == pytest.approx(values[name]) and never == (pytest.approx(0.99) if name == "accuracy" else 0)
    assert curve["curves"][0]["x"][0] == pytest.approx(values["recall"]) and counts["values"].sum() == 2000


def test_three_classes_are_refused(data):
    with pytest.raises(DltuiError, match="have 3"):
        made(data._replace(classes=("a", "b", "c")))
