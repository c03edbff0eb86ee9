"""Classification by templates: a linear net over pictures, by cross-entropy or the hinge loss."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import multi_margin_loss

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks.classify import METRICS, build
from tests.engine.conftest import CPU

CLASSES = ("a", "b", "c")


@pytest.fixture
def pictured():
    """Pictures 4x4 in three classes, each with a bright row of its own, in noise."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(60) % 3
    inputs = 0.6 * torch.rand(60, 1, 4, 4, generator=generator)
    inputs[torch.arange(60), 0, targets] += 0.3
    split = Split((255 * inputs).byte(), targets)
    return Dataset(split, split, CLASSES, "builtin", "", {"inputs": 16, "classes": 3})


def task_of(data, hidden=(), **options):
    torch.manual_seed(0)
    return build(show="templates", **options)(
        data, {"model": mlp.build(inputs=16, outputs=3, hidden=list(hidden))}, CPU
    )


def seen(task):
    with torch.no_grad():
        return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


def trained(task):
    optimizer, rows = torch.optim.LBFGS(task.net.parameters(), max_iter=300), torch.arange(task.rows)

    def closure():
        optimizer.zero_grad()
        loss = task.loss(rows)
        loss.backward()
        return loss

    optimizer.step(closure)
    return task


def test_it_learns_what_sklearns_softmax_regression_learns(pictured):
    """sklearn's penalty is sum w^2 / 2C beside the sum of the losses; ours stands beside their mean."""
    task = trained(task_of(pictured, l2=0.01))
    theirs = LogisticRegression(C=1 / (2 * 0.01 * task.rows), max_iter=1000)
    theirs.fit(task.inputs.flatten(1).numpy(), task.targets.numpy())
    with torch.no_grad():
        ours = task.probabilities(task.test_inputs).numpy()
    assert np.abs(ours - theirs.predict_proba(task.test_inputs.flatten(1).numpy())).max() < 0.01


def test_the_templates_and_what_they_find_are_shown(pictured):
    values, panes = seen(trained(task_of(pictured, l2=0.01)))
    assert values["resemblance"] == 1 and set(values) < set(METRICS)
    assert list(panes)[:3] == ["templates", "one picture", "confusion"]
    assert panes["templates"]["captions"] == list(CLASSES)


def test_the_hinge_loss_is_torchs_and_tells_who_pays(pictured):
    task = task_of(pictured, loss="hinge")
    logits = task.net(task.inputs)
    assert task.loss(torch.arange(60)).item() == pytest.approx(3 * multi_margin_loss(logits, task.targets).item())
    values, panes = seen(task)
    one_by_one = multi_margin_loss(logits, task.targets, reduction="none") > 0
    assert values["paying"] == pytest.approx(one_by_one.float().mean().item())
    assert values["strip"] > 0 and set(values) < set(METRICS)
    assert list(panes)[:3] == ["leads", "templates", "confusion"]


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
def test_a_hidden_layer_leaves_its_units_to_be_shown(pictured, loss):
    values, panes = seen(task_of(pictured, hidden=[8], loss=loss))
    assert "resemblance" not in values and "strip" not in values
    assert "first units" in panes and "templates" not in panes
