"""Anomaly detection: the area is scikit-learn's, the histogram holds all pictures."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from dltui.engine.probes.anomaly import build
from dltui.errors import DltuiError
from tests.engine.tasks.test_autoencode import made


class Grey(nn.Module):
    """Rebuilds every picture as the same grey."""

    latent = 1

    def embed(self, pictures):
        return pictures.new_zeros(len(pictures), 1)

    def decode(self, codes):
        return torch.full((len(codes), 1, 6, 6), 0.02)


def probe(unseen):
    return build()(made(Grey(), unseen=unseen))


def test_the_area_is_sklearns_and_errors_are_means_of_squares():
    one = probe([1])
    errors = (one.inputs - 0.02).square().flatten(1).mean(1)
    unseen = one.task.rows.test.targets == 1
    assert one.evaluate() == {
        "auc": pytest.approx(roc_auc_score(unseen, errors)),
        "unseen_error": pytest.approx(errors[unseen].mean().item()),
        "known_error": pytest.approx(errors[~unseen].mean().item()),
    }


def test_the_histogram_holds_nearly_all_pictures_once():
    panes = {picture.pane: picture.payload for picture in probe([3]).pictures()}
    assert list(panes) == ["errors", "rebuilt", "ROC"]
    shares = {curve["name"]: np.sum(curve["y"]) for curve in panes["errors"]["curves"]}
    assert set(shares) == {"never seen", "known"}
    assert all(0.9 < share <= 1.0001 for share in shares.values())


def test_without_unseen_classes_there_are_no_anomalies():
    with pytest.raises(DltuiError, match="all are"):
        probe([])
