"""k nearest neighbours shown: k is chosen by folds that are held back, and nothing else has a say in it."""

import pytest
import torch
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.knn import METRICS, QUERIES, SHOWN, build, mislabelled
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

MOST = 9


def rows(count, seed):
    """Pictures 4x4 in three classes, each bright in a row of its own, so noisy that neighbours often err."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    pictures = torch.rand(count, 1, 4, 4, generator=generator)
    pictures[torch.arange(count), 0, targets] += 0.3
    return Split((pictures / 1.3 * 255).byte(), targets)


def task_of(train=90, steps=0, **options):
    torch.manual_seed(0)
    data = Dataset(rows(train, 0), rows(36, 1), ("a", "b", "c"), "builtin", "", {"inputs": 16, "classes": 3})
    task = build(**{"most": MOST, **options})(data, {}, CPU)
    for step in range(1, steps + 1):
        task.advance(step)
    return task


def test_the_score_of_every_k_is_sklearns_over_the_same_folds():
    """Guards the folds: a row that may ask its own fold scores higher."""
    task = task_of(steps=MOST, wrong=0.2)
    x = task.train_pictures.flatten(1).double().numpy()
    for k in (1, 3, 8):
        model = KNeighborsClassifier(k, algorithm="brute")
        theirs = cross_val_score(model, x, task.given.numpy(), cv=PredefinedSplit(task.fold.numpy()))
        assert task._held_back()[k - 1].item() == pytest.approx(theirs.mean())
        model.fit(x, task.given.numpy())
        test = model.score(task.test_pictures.flatten(1).double().numpy(), task.test_true.numpy())
        assert task.right_test[k - 1].double().mean().item() == pytest.approx(test)


def test_the_best_of_those_tried_is_chosen():
    task = task_of(wrong=0.2)
    scores = task._held_back().tolist()
    assert task.evaluate() == {} and task.chosen == 1
    for step in range(1, MOST + 4):
        task.advance(step)
        values = task.evaluate()
        tried = scores[: min(step, MOST)]
        assert values["cv_accuracy"] == max(tried) and values["k"] == tried.index(max(tried)) + 1
        assert ("accuracy" in values) == (step >= MOST)  # the test is for afterwards
    assert values["accuracy"] == task.right_test[int(values["k"]) - 1].double().mean()
    assert set(values) == set(METRICS)


def test_a_row_that_may_ask_itself_is_right_whatever_it_is_called():
    task = task_of(steps=1, wrong=0.5)
    assert (task.given != task.train_true).float().mean() == 0.5
    assert task.evaluate()["train_accuracy"] == 1 > task.evaluate()["cv_accuracy"]


def test_wrong_labels_are_wrong_and_as_many_as_asked_for():
    targets = torch.arange(300) % 3
    changed = mislabelled(targets, 0.25, 3)
    assert (changed != targets).sum() == 75 and set(changed.tolist()) == {0, 1, 2}
    assert torch.equal(mislabelled(targets, 0.0, 3), targets)


def test_as_many_neighbours_are_shown_as_are_asked():
    task = task_of(steps=2, wrong=0.3)
    picture, curves = (picture.payload for picture in task.pictures())
    captions = [picture["captions"][row * (1 + SHOWN) :][: 1 + SHOWN] for row in range(QUERIES)]
    assert [sum(map(bool, row)) for row in captions] == [3, 3, 3]
    row = task.pool[2 * QUERIES]
    assert picture["pixels"][:4, :4] / 255 == pytest.approx(task.test_pictures[row, 0].numpy())
    assert picture["pixels"][:4, 4:8] / 255 == pytest.approx(task.train_pictures[task.near[row, 0], 0].numpy())
    first = task.near[row, 0]
    true, given = "abc"[task.train_true[first]], "abc"[task.given[first]]
    assert captions[0][1] == (true if true == given else f"{true} as {given}")
    assert [curve["name"] for curve in curves["curves"]] == ["held-back folds", "training rows"]


def test_the_test_is_opened_once_every_k_was_tried():
    *_, stroke = list(task_of(steps=MOST).pictures())[1].payload["curves"]
    values = task_of(steps=MOST).evaluate()
    assert stroke["y"] == [values["accuracy"]] * 2 and sum(stroke["x"]) / 2 == pytest.approx(values["k"])


def test_rows_of_numbers_are_told(data):
    with pytest.raises(DltuiError, match="shows pictures"):
        build()(data, {}, CPU)
