"""Rows as the models take them."""

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited, standardised


def table(rows: int) -> Split:
    random = np.random.default_rng(rows)
    return Split(
        torch.from_numpy(random.normal(5, 3, (rows, 4)) * [1, 10, 100, 0]), torch.zeros(rows, dtype=torch.int64)
    )


def test_a_table_is_standardised_as_scikit_learn_does():
    train, test = table(50), table(20)
    scaler = StandardScaler().fit(train.inputs.numpy())
    for ours, split in zip(standardised(train, test), (train, test), strict=True):
        assert ours.inputs.dtype == torch.float32
        assert np.allclose(ours.inputs.numpy(), scaler.transform(split.inputs.numpy()), atol=1e-5)


def test_facts_are_those_of_pictures_or_of_a_table():
    classes = ("a", "b")
    assert facts_of(torch.zeros(2, 3, 8, 8), classes) == {"channels": 3, "size": 8, "inputs": 192, "classes": 2}
    assert facts_of(torch.zeros(2, 5), classes) == {"inputs": 5, "classes": 2}


def test_rows_are_limited_from_the_front_and_a_lack_is_told():
    data = Dataset(table(50), table(20), ("a",), "builtin", "rows", {}, ("first",))
    fewer = limited(data, 10, 30)
    assert torch.equal(fewer.train.inputs, data.train.inputs[:10]) and len(fewer.train.targets) == 10
    assert len(fewer.test.inputs) == 20
    assert fewer.notes == ("first", "30 test rows were asked for; there are 20")
    assert len(limited(data, 0, 0).train.inputs) == 50
