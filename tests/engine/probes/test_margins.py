"""Margins: what violates them is what costs by torch's loss; they are as wide as the geometry says."""

import pytest
import torch
from torch.nn.functional import multi_margin_loss

from dltui.engine.losses.hinge import build as hinge_loss
from dltui.engine.losses.hinge import hinge
from dltui.engine.probes.margins import LEAST, METRICS, MOST, build, margin, margin_width, margins_picture
from dltui.engine.tasks import classify
from tests.engine.conftest import context


def drawn(rows=50, classes=7):
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.randn(rows, classes, generator=generator), torch.randint(0, classes, (rows,), generator=generator)


def test_a_row_costs_where_its_margin_is_less_than_one():
    f, y = drawn()
    costs = torch.stack([hinge(f[i : i + 1], y[i : i + 1]) for i in range(len(f))])
    assert torch.equal(costs > 0, margin(f, y) < 1)
    assert torch.equal(margin(f, y) > 0, f.argmax(1) == y)


def test_the_margin_is_as_wide_as_the_step_that_changes_the_difference_of_scores_by_one():
    weights = torch.tensor([[3.0, 0.0], [0.0, 4.0]])  # their difference has the length 5
    direction = (weights[0] - weights[1]) / 5
    step = margin_width(weights) * direction
    assert (weights @ step)[0] - (weights @ step)[1] == pytest.approx(1)
    assert margin_width(weights / 2) == pytest.approx(2 * margin_width(weights))


@torch.no_grad()
def test_the_probe_counts_the_violations_of_a_run(data):
    net = torch.nn.Linear(2, 2)
    probe = build()(classify.build()(context(data, {"model": net}, loss=hinge_loss())))
    one_by_one = multi_margin_loss(net(data.train.inputs), data.train.targets, reduction="none") > 0
    values = probe.evaluate()
    assert values["margin_violations"] == pytest.approx(one_by_one.float().mean().item())
    assert values["margin_width"] > 0 and set(values) == set(METRICS)
    assert [picture.pane for picture in probe.pictures()] == ["margins"]


def test_every_row_is_counted_at_its_margin_and_the_rest_at_the_ends():
    train, test, asked = margins_picture(torch.tensor([1.0, 1.1, -100.0, 100.0]), torch.tensor([0.0])).curves
    shares = {round(x, 4): y for x, y in zip(train.x.tolist(), train.y.tolist(), strict=True) if y}
    assert shares == {LEAST: 0.25, 1.0: 0.5, MOST: 0.25}
    assert test.y.sum() == pytest.approx(1) and test.x[test.y.argmax()] == pytest.approx(0, abs=1e-6)
    assert asked.x == [1, 1] and asked.y == [0, 1]
