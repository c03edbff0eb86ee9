"""Several labels: losses as torch has them, F1 as scikit-learn has it, and what softmax cannot say."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from torch.nn.functional import kl_div

from dltui.engine.data import moons, several
from dltui.engine.tasks.multi_label import METRICS, build, shared
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return several.build(rows=300).builtin()


def made(data, **options):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
    return build(**options)(data, {"model": net}, CPU)


@torch.no_grad()
def test_sigmoids_are_judged_each_by_itself(data):
    task, rows = made(data), torch.arange(40)
    p = task.probabilities(task.inputs[rows])
    y = task.targets[rows].bool()
    assert task.loss_of(rows).item() == pytest.approx(-torch.where(y, p, 1 - p).log().mean().item(), rel=1e-4)


@torch.no_grad()
def test_a_softmax_is_drawn_to_equal_shares(data):
    """Its loss is least, the entropy of the shares, where the net says just these."""
    task, rows = made(data, loss="softmax"), torch.arange(40)
    q, p = shared(task.targets[rows].float()), task.probabilities(task.inputs[rows])
    entropy = -torch.special.xlogy(q, q).sum(1).mean()
    want = entropy + kl_div(p.log(), q, reduction="batchmean")
    assert task.loss_of(rows).item() == pytest.approx(want.item(), rel=1e-4)


def test_shares_add_up_to_one_even_of_nothing():
    found = shared(torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]))
    assert found.tolist() == [[0.5, 0, 0.5, 0], [0.25] * 4, [0, 1, 0, 0]]


@torch.no_grad()
@pytest.mark.parametrize("loss", ["sigmoids", "softmax"])
def test_f1_and_exact_are_scikit_learns(data, loss):
    task = made(data, loss=loss, threshold=0.3)
    named = (task.probabilities(task.test_inputs) >= 0.3).numpy()
    values, there = task.evaluate(), task.test_targets.numpy()
    assert set(values) == set(METRICS) - {"loss"}
    assert values["f1"] == pytest.approx(f1_score(there, named, average="macro", zero_division=0))
    assert values["exact"] == pytest.approx(accuracy_score(there, named))
    assert values["named"] == pytest.approx(named.sum(1).mean()) and values["present"] == pytest.approx(
        there.sum(1).mean()
    )


@torch.no_grad()
def test_pictures_go_from_four_shapes_to_none(data):
    says, named = (picture.payload for picture in made(data, loss="softmax").pictures())
    assert len(says["rows"][0].replace("-", "")) == 4 and says["rows"][-1] == "-----"
    assert all(
        letter in ("-", name[0]) for row in says["rows"] for letter, name in zip(row, says["columns"], strict=True)
    )
    assert np.allclose(says["weights"].sum(1), 1, atol=1e-5)
    assert len(named["captions"]) == 6


def test_one_label_a_row_is_refused():
    with pytest.raises(DltuiError, match="one a row"):
        made(moons.build(rows=100).builtin())
