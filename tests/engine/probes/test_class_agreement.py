"""Samples of a class: real ones agree and are varied, others are not."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import clouds
from dltui.engine.probes.class_agreement import build, within
from tests.engine.conftest import CPU


class Drawing:
    """A task that draws training rows of the class asked for, or of the next one; or always the same row of it."""

    def __init__(self, wrong=0, same=False):
        self.rows = Rows(clouds.build(shape="circle", groups=4, rows=800, spread=0.1).builtin(), CPU)
        self.wrong, self.same = wrong, same

    def sample_classes(self, labels, generator):
        x, y = self.rows.train.inputs, self.rows.train.targets
        groups = [x[y == number] for number in range(4)]
        picks = torch.randint(100, (len(labels),), generator=generator) * (not self.same)
        return torch.stack([groups[(of + self.wrong) % 4][at] for of, at in zip(labels.tolist(), picks, strict=True)])


def test_rows_of_the_class_asked_for_agree_and_are_as_varied_as_real_ones():
    found = build(samples=200)(Drawing()).evaluate()
    assert found["agreement"] == 1 == found["test_agreement"] and found["spread"] == pytest.approx(1, abs=0.15)


def test_other_classes_do_not_agree_and_one_row_alone_has_no_spread():
    assert build(samples=200)(Drawing(wrong=1)).evaluate()["agreement"] == 0
    found = build(samples=200)(Drawing(same=True)).evaluate()
    assert found["agreement"] == 1 and found["spread"] == 0


def test_distances_are_those_within_each_class():
    rows, labels = torch.tensor([[0.0], [4.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])
    assert within(rows, labels, 2).tolist() == [4, 1]
