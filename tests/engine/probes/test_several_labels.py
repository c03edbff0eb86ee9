"""Probes of rows with several labels: scores as scikit-learn has them, pictures from four shapes to none."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn

from dltui.engine.data import scenes
from dltui.engine.losses import binary_cross_entropy, cross_entropy, hinge
from dltui.engine.probes import predictions, thresholds
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return scenes.build(targets="classes", train_rows=240, test_rows=60, size=32).builtin()


def made(data, loss, threshold=0.5):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
    return classify.build(threshold=threshold)(context(data, {"model": net}, loss=loss.build()))


@torch.no_grad()
@pytest.mark.parametrize("loss", [binary_cross_entropy, cross_entropy])
def test_scores_are_scikit_learns(data, loss):
    task = made(data, loss, threshold=0.3)
    predicted = (task.probabilities(task.rows.test.inputs) >= 0.3).numpy()
    values, labels = thresholds.build()(task).evaluate(), task.rows.test.targets.numpy()
    assert task.evaluate()["accuracy"] == pytest.approx(accuracy_score(labels, predicted)), "right in every label"
    assert values["f1"] == pytest.approx(f1_score(labels, predicted, average="macro", zero_division=0))
    assert values["predicted_labels"] == pytest.approx(predicted.sum(1).mean())
    assert values["labels"] == pytest.approx(labels.sum(1).mean())
    assert set(values) <= set(thresholds.METRICS)


@torch.no_grad()
def test_pictures_go_from_four_shapes_to_none(data):
    table, named = (picture.payload for picture in predictions.build()(made(data, cross_entropy)).pictures())
    assert len(table["rows"][0].replace("-", "")) == 4 and table["rows"][-1] == "-----"
    pairs = [pair for row in table["rows"] for pair in zip(row, table["columns"], strict=True)]
    assert all(letter in ("-", name[0]) for letter, name in pairs)
    assert np.allclose(table["weights"].sum(1), 1, atol=1e-5), "a softmax shares 1"
    assert len(named["captions"]) == 6


def test_a_loss_of_one_class_a_row_is_refused(data):
    with pytest.raises(DltuiError, match="needs classes"):
        made(data, hinge)
