"""Wine: scikit-learn's rows, a fifth of each grower's held back, on the scale of those that train."""

import torch
from sklearn.datasets import load_wine

from dltui.engine.data import wine


def test_it_is_scikit_learns_table_standardised():
    data, theirs = wine.build().builtin(), load_wine()
    train, test = (torch.bincount(split.targets) for split in (data.train, data.test))
    assert (train + test).tolist() == [59, 71, 48] and test.tolist() == [12, 14, 10]
    assert data.train.inputs.mean(0).abs().max() < 1e-5 and data.test.inputs.mean(0).abs().max() > 1e-3
    assert data.columns == tuple(theirs.feature_names) and data.facts == {"inputs": 13, "classes": 3}
