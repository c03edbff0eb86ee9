"""The decision field: its border lies at the threshold, and a rare class is seen."""

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.data import clouds
from dltui.engine.losses import binary_cross_entropy
from dltui.engine.probes.decision_field import build
from dltui.engine.tasks import classify
from tests.engine.conftest import context


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = clouds.build(shape="imbalanced", rows=3000).builtin()
    loss = binary_cross_entropy.build()
    return classify.build(threshold=0.2)(context(data, {"model": nn.Linear(2, 1)}, loss=loss))


@torch.no_grad()
def test_its_border_lies_at_the_threshold(task):
    probe, rows = build()(task), torch.randn(200, 2)
    assert torch.equal(probe.leaning(rows) >= 0.5, task.probabilities(rows)[:, 1] >= 0.2)
    task.threshold = 0.5
    assert torch.equal(probe.leaning(rows), task.probabilities(rows)[:, 1])


@torch.no_grad()
@pytest.mark.parametrize(("most", "rare", "all_"), [(0, 20, 2000), (60, 20, 80), (15, 15, 30)])
def test_rare_points_are_drawn_although_they_are_few(task, most, rare, all_):
    [picture] = build(most=most)(task).pictures()
    labels = np.asarray(picture.payload["points"]["label"])
    assert labels.sum() == rare and len(labels) == all_ and picture.payload["classes"] == ["common", "rare"]
