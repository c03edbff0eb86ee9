"""The second stage chooses among what the filter left, as it would on a table of these columns alone."""

import pytest
import torch

from dltui.engine.algorithms import select_hybrid as ours
from dltui.engine.algorithms import sfs, svm_rfe
from dltui.engine.algorithms.filters import MEASURES
from dltui.engine.contracts.dataset import Split
from dltui.engine.data import planted
from dltui.engine.results import subset
from tests.engine.conftest import context


@pytest.fixture
def data():
    return planted.build(rows=150, rise=1, copies=2, skew=0, bump=2, wide=0, noise=7).builtin()


def ended(algorithm):
    while not algorithm.done:
        algorithm.step()
    return algorithm


def kept(data, keep: int, measure: str = "information_gain") -> torch.Tensor:
    x, y = data.train
    return MEASURES[measure](x.double(), y).argsort(descending=True)[:keep].sort().values


@pytest.mark.parametrize(
    ("then", "alone"),
    [
        ("forward", sfs.build()),
        ("backward", sfs.build(direction="backward")),
        ("svm", svm_rfe.build()),
    ],
)
def test_the_second_stage_is_that_of_the_small_table(data, then, alone):
    """Guards the places of its columns among all."""
    both = ended(ours.build(keep=5, then=then)(context(data)))
    columns = kept(data, 5)
    small = data._replace(**{name: Split(getattr(data, name).inputs[:, columns], getattr(data, name).targets)
                             for name in ("train", "test")}, columns=())  # fmt: skip
    alone = ended(alone(context(small)))
    assert torch.equal(both.sets[:, columns], alone.sets) and int(both.sets.sum()) == int(alone.sets.sum())
    assert torch.equal(both.worth, alone.worth) and both.evaluations == alone.evaluations


def test_a_filter_that_is_blind_to_a_signal_loses_it_for_good(data):
    seeing, blind = (ended(ours.build(keep=5, measure=each)(context(data))) for each in ("gini", "pearson"))
    bumps = torch.tensor([name.startswith("bump") for name in data.columns])
    assert (seeing.sets & bumps).any() and not (blind.sets[:, bumps].all(1)).any()


def test_the_funnel_narrows_and_more_columns_than_there_are_keep_all(data):
    both = ended(ours.build(keep=5)(context(data)))
    bars = next(both.pictures()).payload
    found = dict(zip(bars["labels"], bars["values"], strict=True))
    assert found["all"] == 12 and found["after the filter"] == 5 and found["all: planted"] == 5
    assert found["best set"] == int(subset.chosen(both).sum()) <= 5
    assert both.evaluate() == {"filtered": 5.0}
    assert ours.build(keep=99)(context(data)).evaluate() == {"filtered": 12.0}
