"""Rows on the device: what is held out is not trained on, and what is lacking is told."""

import pytest
import torch

from dltui.engine.contracts.dataset import Split
from dltui.engine.contracts.rows import Rows
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.mark.parametrize(("share", "held"), [(0.25, 64), (0.999, 255), (0.0001, 1)])
def test_validation_rows_are_the_first_of_the_training_rows(data, share, held):
    rows, parted = Rows(data, CPU), Rows(data, CPU).with_validation(share)
    assert len(parted.validation) == held and len(parted.train) == 256 - held
    assert torch.equal(torch.cat([parted.validation.inputs, parted.train.inputs]), data.train.inputs)
    assert torch.equal(torch.cat([parted.validation.targets, parted.train.targets]), data.train.targets)
    assert torch.equal(parted.data.train.inputs, parted.train.stored)
    assert rows.validation is None and len(rows.train) == 256, "the rows of the other variants stay"


def test_they_are_views_of_the_rows_that_are_there_already(data):
    rows = Rows(data, CPU)
    assert rows.with_validation(0.5).train.stored.data_ptr() == rows.train.stored[128:].data_ptr()


def test_a_validation_split_of_the_users_own_is_used_as_it_is(data):
    own = Split(data.test.inputs[:7], data.test.targets[:7])
    rows = Rows(data._replace(validation=own), CPU).with_validation(0.25)
    assert torch.equal(rows.validation.inputs, own.inputs) and torch.equal(rows.validation.targets, own.targets)
    assert len(rows.train) == 256, "none of the training rows is held out beside them"


def test_a_lack_of_validation_rows_says_how_to_hold_some_out(data):
    with pytest.raises(DltuiError, match="validation rows") as raised:
        Rows(data, CPU).validated()
    assert "train.validation=0.2" in raised.value.hint
    assert Rows(data, CPU).with_validation(0.5).validated()


def test_several_labels_are_bits_one_a_class(data):
    bits = torch.tensor([[0, 1], [1, 1]])
    labels = data._replace(train=data.train._replace(inputs=data.train.inputs[:2], targets=bits))
    numbers = labels._replace(train=labels.train._replace(targets=bits * 2))
    assert [Rows(one, CPU).multi_label for one in (labels, data, numbers)] == [True, False, False]
    with pytest.raises(DltuiError, match="any number of classes"):
        Rows(data, CPU).multi_labelled()
