"""Cross-validation judges each row once a round, by what others taught, as scikit-learn does."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import PredefinedSplit, cross_val_score

from dltui.engine.data import wine
from dltui.engine.tasks.cross_validate import METRICS, NOT_YET, build, learner
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return wine.build().builtin()


def made(data, steps, **options):
    torch.manual_seed(0)
    task = build(**options)(data, {}, CPU)
    for step in range(1, steps + 1):
        task.advance(step)
    return task


@pytest.mark.parametrize("name", ["logistic", "neighbours", "tree"])
def test_scores_are_scikit_learns_on_the_same_parts(data, name):
    """Guards which rows teach: with the held-out ones among them most scores would be 1."""
    task = made(data, 10, learner=name, rounds=2)
    for now in range(2):
        parts = PredefinedSplit(task.state.part[now].numpy())
        want = cross_val_score(learner(name), task.x.numpy(), task.y.numpy(), cv=parts)
        assert task.state.scores[now].tolist() == pytest.approx(want.tolist())


def test_every_row_judges_once_a_round(data):
    task = made(data, 7, rounds=3)
    judged = task.state.right != NOT_YET
    assert judged[0].all() and judged[1].sum() == torch.isin(task.state.part[1], torch.tensor([0, 1])).sum()
    assert not judged[2].any()
    assert task.state.right[0].double().mean() == pytest.approx(task.state.scores[0].mean().item(), abs=0.003)


def test_it_measures_whole_rounds_and_stops_after_the_last(data):
    task = made(data, 5, rounds=2)
    assert set(task.evaluate()) == set(METRICS) - {"score", "mean_spread"}
    task = made(data, 30, rounds=2)
    values, scores = task.evaluate(), task.state.scores.numpy()
    assert task.place["done"] == 10 and values["accuracy"] == pytest.approx(scores.mean())
    assert values["spread"] == pytest.approx(scores.std(1, ddof=1).mean())
    assert values["mean_spread"] == pytest.approx(scores.mean(1).std(ddof=1))


def test_parts_of_one_class_each_fail_those_who_never_saw_it(data):
    assert made(data, 3, split="sorted", k=3).evaluate()["accuracy"] < 0.5


def test_a_data_set_of_one_class_but_a_row_can_still_be_judged(data):
    """A teaching half of a single class: scikit-learn's classifier would refuse it."""
    kept = data.train.targets < 2
    two = data.train._replace(inputs=data.train.inputs[kept], targets=data.train.targets[kept])
    none = data.test._replace(inputs=data.test.inputs[:0], targets=data.test.targets[:0])
    small = data._replace(train=two._replace(inputs=two.inputs[:8], targets=torch.tensor([0] * 4 + [1] * 4)), test=none)
    assert made(small, 2, split="sorted", k=2).evaluate()["accuracy"] == 0


def test_the_lit_part_holds_its_own_score_and_classes(data):
    task = made(data, 8, rounds=2)
    folds, scores, *_ = (picture.payload for picture in task.pictures())
    shown, held = (np.asarray(grid["values"]) for grid in folds["grids"])
    assert folds["grids"][0]["now"] == [[2, 2]] and np.isnan(shown[3]).all() and np.isnan(shown[2, :2]).all()
    assert shown[2, 2] == round(100 * task.state.scores[1, 2].item())
    assert held[2].sum() == (task.state.part[1] == 2).sum() and np.isnan(held[3]).all()
    assert len(scores["x"]) == 8 and len(scores["marks"]["x"]) == 1


def test_too_many_parts_are_refused(data):
    few = data._replace(train=data.train._replace(inputs=data.train.inputs[:4], targets=data.train.targets[:4]))
    few = few._replace(test=data.test._replace(inputs=data.test.inputs[:2], targets=data.test.targets[:2]))
    with pytest.raises(DltuiError, match="6 rows cannot be cut into 5 parts"):
        made(few, 0)
