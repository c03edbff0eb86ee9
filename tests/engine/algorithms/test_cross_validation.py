"""Cross-validation: folds and scores are scikit-learn's, each row is held out once a repeat."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import PredefinedSplit, cross_val_score

from dltui.engine.algorithms.cross_validation import METRICS, build, classifier, splits
from dltui.engine.data import bundled_table
from dltui.errors import DltuiError
from tests.engine.conftest import context

TARGETS = np.array([0] * 59 + [1] * 71 + [2] * 48)  # as wine


@pytest.mark.parametrize("split", ["stratified", "shuffled", "sorted"])
@pytest.mark.parametrize("k", [2, 5, 7])
def test_every_row_is_held_out_once_a_repeat_and_folds_are_alike(split, k):
    held = list(splits(TARGETS, k, split, 2, 0))
    for repeat in (held[:k], held[k:]):
        assert sorted(np.concatenate(repeat)) == list(range(178))
        sizes = [len(fold) for fold in repeat]
        assert max(sizes) - min(sizes) <= 1


def test_a_stratified_fold_holds_its_share_of_each_class_and_a_sorted_one_neighbours_of_one():
    for fold in splits(TARGETS, 5, "stratified", 1, 0):
        assert np.abs(np.bincount(TARGETS[fold]) - np.array([59, 71, 48]) / 5).max() < 1
    mixed = np.random.default_rng(0).permutation(TARGETS)
    assert np.array_equal(np.concatenate([mixed[fold] for fold in splits(mixed, 3, "sorted", 1, 0)]), TARGETS)


def test_the_seed_deals_the_rows_and_every_repeat_deals_them_anew():
    first, again, other = (list(splits(TARGETS, 5, "shuffled", 2, seed)) for seed in (0, 0, 1))
    assert all(map(np.array_equal, first, again)) and not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[5])


@pytest.fixture(scope="module")
def data():
    return bundled_table.build(name="wine").builtin()


def made(data, **options):
    return build(**options)(context(data))


@pytest.mark.parametrize("name", ["logistic", "neighbours", "tree"])
def test_scores_are_scikit_learns_on_the_same_folds(data, name):
    """Guards which rows train: with the held-out ones among them most scores would be 1."""
    walk = made(data, estimator=name, repeats=1)
    fold = np.zeros(178)
    for number, held in enumerate(walk.held):
        fold[held] = number
    want = cross_val_score(classifier(name), walk.x, walk.y, cv=PredefinedSplit(fold))
    assert [walk.at(step).metrics["score"] for step in range(1, 6)] == pytest.approx(want.tolist())
    assert walk.at(5).metrics["accuracy"] == pytest.approx(want.mean())


@pytest.mark.parametrize("name", ["logistic", "neighbours"])
def test_the_scale_is_that_of_the_rows_trained_on(data, name):
    """Guards the scaler: one that sees the fold held out is spoilt by a value there that is far off."""
    walk = made(data, estimator=name)
    kept = np.ones(178, bool)
    kept[walk.held[0]] = False
    want = walk._predicted(kept)[kept]
    walk.x[np.flatnonzero(~kept)[0]] = 1e6
    assert np.array_equal(walk._predicted(kept)[kept], want)


def test_it_measures_whole_repeats_and_ends_after_the_last(data):
    walk = made(data, repeats=2)
    assert walk.at(0).metrics == {} and set(walk.at(5).metrics) == set(METRICS) - {"mean_score_std"}
    assert walk.length == 10 and set(walk.at(10).metrics) == set(METRICS)
    scores = np.array([walk.at(step).metrics["score"] for step in range(1, 11)]).reshape(2, 5)
    values = walk.at(10).metrics
    assert values["accuracy"] == pytest.approx(scores.mean())
    assert values["score_std"] == pytest.approx(scores.std(1, ddof=1).mean())
    assert values["mean_score_std"] == pytest.approx(scores.mean(1).std(ddof=1))
    assert (values["lowest_score"], values["highest_score"]) == (scores.min(), scores.max())


def test_folds_of_one_class_each_fail_those_who_never_saw_it(data):
    assert made(data, split="sorted", k=3).at(3).metrics["accuracy"] < 0.5


def test_what_is_trained_on_one_class_alone_can_still_be_judged(data):
    """A training half of a single class: scikit-learn's classifier would refuse it."""
    kept = data.train.targets < 2
    two = data.train._replace(inputs=data.train.inputs[kept], targets=data.train.targets[kept])
    none = data.test._replace(inputs=data.test.inputs[:0], targets=data.test.targets[:0])
    small = data._replace(train=two._replace(inputs=two.inputs[:8], targets=torch.tensor([0] * 4 + [1] * 4)), test=none)
    assert made(small, split="sorted", k=2).at(2).metrics["accuracy"] == 0


def test_the_lit_fold_holds_its_own_score_and_classes(data):
    walk = made(data, repeats=2)
    metrics, (folds, scores, *_) = walk.at(8)
    folds, scores = folds.payload, scores.payload
    shown, held = (np.asarray(grid["values"]) for grid in folds["grids"])
    assert folds["grids"][0]["now"] == [(2, 2)] and np.isnan(shown[3]).all() and np.isnan(shown[2, :2]).all()
    assert shown[2, 2] == round(100 * metrics["score"])
    assert held[2].sum() == len(walk.held[7]) and np.isnan(held[3]).all()
    assert len(scores["x"]) == 8 and len(scores["marks"]["x"]) == 1


def test_the_rows_that_were_mistaken_are_named_with_how_often(data):
    walk = made(data, repeats=3)
    worst = walk.at(15).pictures[2].payload
    row = int(worst["labels"][0].rpartition(" ")[2]) - 1
    wrong = [not walk.right[number][row] for number, held in enumerate(walk.held) if row in held]
    assert len(wrong) == 3 and worst["values"][0] == pytest.approx(np.mean(wrong))


def test_too_many_folds_are_refused(data):
    few = data._replace(train=data.train._replace(inputs=data.train.inputs[:4], targets=data.train.targets[:4]))
    few = few._replace(test=data.test._replace(inputs=data.test.inputs[:2], targets=data.test.targets[:2]))
    with pytest.raises(DltuiError, match="6 rows cannot be cut into 5 folds"):
        made(few)
