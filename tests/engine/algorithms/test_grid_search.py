"""A grid tries every combination once, as scikit-learn's GridSearchCV does; cut short it misses values."""

from itertools import product

import pytest
import torch
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from dltui.engine.algorithms.grid_search import FOLDS, METRICS, build
from dltui.engine.contracts.dataset import Dataset
from dltui.errors import DltuiError
from tests.engine.conftest import blobs, context

GAMMA, C = [0.01, 0.1, 1.0], [0.1, 10.0]


@pytest.fixture
def data() -> Dataset:
    return Dataset(blobs(60, 0), blobs(40, 1), ("low", "high"), "builtin", "blobs", {"inputs": 2, "classes": 2})


def ended(data: Dataset, seed: int = 0, **options: object):
    search = build(gamma=GAMMA, c=C, **options)(context(data, seed=seed))
    while not search.done:
        search.step()
    return search


def test_nested_it_tries_each_combination_once_the_first_value_changing_last(data):
    search = ended(data)
    tried = [tuple(search.setting(n).values()) for n in range(len(search.scores))]
    assert tried == list(product(GAMMA, C))
    shuffled = ended(data, order="shuffled")
    order = [tuple(shuffled.setting(n).values()) for n in range(6)]
    assert order != tried and sorted(order) == sorted(tried)


@pytest.mark.parametrize("seed", range(2))
def test_the_whole_grid_is_scikit_learns(data, seed):
    """Guards the folds: accuracy on the rows trained on, or folds drawn anew for each trial, is another number."""
    search = ended(data, seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    x, y = data.train.inputs.double().numpy(), data.train.targets.numpy()
    theirs = GridSearchCV(SVC(), {"gamma": GAMMA, "C": C}, cv=folds).fit(x, y)
    found = search.evaluate()
    assert found["best"] == pytest.approx(theirs.best_score_) and found["sklearn_gap"] < 1e-12
    chosen = search.setting(int(search.scores.argmax()))
    assert search.scores[0] == pytest.approx(theirs.cv_results_["mean_test_score"][0])  # the first of both
    model = SVC(**chosen).fit(x, y)
    assert found["test_accuracy"] == model.score(data.test.inputs.double().numpy(), data.test.targets.numpy())


def test_the_check_finds_another_score(data):
    search = ended(data)
    search.scores[3] += 0.05
    assert search.evaluate()["sklearn_gap"] == pytest.approx(0.05)


def test_cut_short_it_never_tried_some_values_of_the_first_hyperparameter(data):
    found = ended(data, trials=3).evaluate()
    assert (found["trials"], found["size"], found["unseen"]) == (3, 6, 1) and "sklearn_gap" not in found
    assert ended(data, trials=99).evaluate()["unseen"] == 0


def test_test_rows_choose_nothing_and_judge_the_best_once_all_trials_are_made(data):
    search = build(gamma=GAMMA, c=C)(context(data))
    assert search.evaluate() == {} and not list(search.pictures())
    search.step()
    assert "test_accuracy" not in search.evaluate()
    assert set(ended(data).evaluate()) == set(METRICS)


def test_what_is_not_tried_is_empty_and_seconds_add_up(data):
    search = build(gamma=GAMMA, c=C)(context(data))
    search.step(), search.step(), search.step()
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    grid = panes["tried"]["grids"][0]
    assert torch.tensor(grid["values"]).isfinite().tolist() == [[True, True, False], [True, False, False]]
    assert list(map(tuple, grid["now"])) == [(0, 1)]
    seconds = panes["best by seconds"]["curves"][0]
    assert seconds["x"][-1] == pytest.approx(search.seconds.sum().item())
    assert (seconds["y"][1:] >= seconds["y"][:-1]).all()


@pytest.mark.parametrize("values", [{"gamma": []}, {"c": [1.0, 0.0]}])
def test_a_grid_without_values_is_refused(values):
    with pytest.raises(DltuiError, match="at least one each, all above 0"):
        build(**values)
