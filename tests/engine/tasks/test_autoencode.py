"""Autoencoding: the vote of neighbours is scikit-learn's."""

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import autoencode
from tests.engine.conftest import CPU, blobs


class Identity(torch.nn.Module):
    """A code that is the row itself."""

    def encode(self, rows):
        return rows.flatten(1)

    def decode(self, codes):
        return codes.view(-1, 1, 1, 2)

    def forward(self, rows):
        return self.decode(self.encode(rows))


def test_knn_is_sklearns():
    train, test = blobs(400, 0), blobs(200, 1)
    as_pictures = [Split(split.inputs.view(-1, 1, 1, 2), split.targets) for split in (train, test)]
    task = autoencode.build()(Dataset(*as_pictures, ("low", "high"), "builtin", "", {}), {"model": Identity()}, CPU)
    known = KNeighborsClassifier(autoencode.NEIGHBOURS).fit(train.inputs, train.targets)
    got = task.evaluate()
    assert got["knn"] == pytest.approx(known.score(test.inputs, test.targets), abs=0.01)
    assert got["test_loss"] == 0
