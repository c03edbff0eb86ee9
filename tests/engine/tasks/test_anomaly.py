"""Anomaly detection: unseen classes stay unseen, the area is scikit-learn's, classes that do not part are refused."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import anomaly
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def data(classes=4, rows=80):
    """A picture's every pixel is ten times its class: who it is can be read from it."""
    targets = torch.arange(rows) % classes
    noise = torch.randint(0, 8, (rows, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    split = Split((targets[:, None, None, None] * 10 + noise).to(torch.uint8), targets)
    return Dataset(split, split, tuple("abcd"[:classes]), "builtin", "", {})


class Grey(nn.Module):
    """Rebuilds every picture as the same grey."""

    def forward(self, pictures):
        return torch.full_like(pictures, 0.02)


def made(unseen, classes=4):
    return anomaly.build(unseen=unseen)(data(classes), {"model": Grey()}, CPU)


def test_no_unseen_picture_is_trained_on():
    """Guards the claim: an autoencoder that has seen them rebuilds them as well as the others."""
    task = made([1, 3])
    seen = set((task.inputs * 25.5).int().flatten().tolist())
    assert task.rows == 40 and seen == {0, 2}
    assert task.strange.sum() == 40


def test_the_area_is_sklearns_and_errors_are_means_of_squares():
    task = made([1])
    errors = (task.test_inputs - 0.02).square().flatten(1).mean(1)
    found = task.evaluate()
    assert found["auc"] == pytest.approx(roc_auc_score(task.strange, errors))
    assert found["unseen_error"] == pytest.approx(errors[task.strange].mean().item())
    assert found["known_error"] == pytest.approx(errors[~task.strange].mean().item())


def test_the_histogram_holds_nearly_all_pictures_once():
    errors = next(made([3]).pictures()).payload
    shares = {curve["name"]: np.sum(curve["y"]) for curve in errors["curves"]}
    assert set(shares) == {"never seen", "known"}
    assert all(0.9 < share <= 1.0001 for share in shares.values())


@pytest.mark.parametrize("unseen", [[], [4], [-1], [0, 1, 2, 3]])
def test_classes_that_do_not_part_the_data_are_refused(unseen):
    with pytest.raises(DltuiError, match="does not part the 4 classes"):
        made(unseen)


def test_data_without_classes_are_refused():
    with pytest.raises(DltuiError, match="Take data with two classes"):
        made([0], classes=1)
