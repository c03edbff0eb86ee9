"""Five classifiers tuned by folds: the scores are scikit-learn's, the choice sees no test row, agreement is counted."""

import pytest
import torch
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score

from dltui.engine.algorithms import algorithm_selection
from dltui.engine.algorithms.algorithm_selection import FOLDS, METRICS, SETTINGS, build, classifier, in_turn
from dltui.engine.contracts.dataset import Dataset
from tests.engine.conftest import blobs, context

FEW = {  # two settings each, of all five algorithms
    name: of[:2] for name, of in SETTINGS.items()
}


@pytest.fixture
def data(monkeypatch) -> Dataset:
    monkeypatch.setattr(algorithm_selection, "SETTINGS", FEW)
    monkeypatch.setattr(algorithm_selection, "TREES", 5)
    return Dataset(blobs(60, 0), blobs(80, 1), ("low", "high"), "builtin", "blobs", {"inputs": 2, "classes": 2})


def ended(data: Dataset, **options: str):
    search = build(**options)(context(data, seed=3))
    while not search.done:
        search.step()
    return search


def test_all_settings_are_tried_once_the_algorithms_in_turn():
    order = in_turn()
    assert len(set(order)) == len(order) == sum(map(len, SETTINGS.values()))
    assert [name for name, _ in order[:5]] == list(SETTINGS) and order[5] == ("logistic", 1)


def test_scores_and_predictions_are_scikit_learns(data):
    """Guards the folds, and the rows that a prediction is of: one of a row that was trained on is another."""
    search = ended(data)
    x, y = data.train.inputs.double().numpy(), data.train.targets.numpy()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=3)
    best = search.best_trials()
    for trial, (algorithm, number) in enumerate(search.order):
        model = classifier(algorithm, FEW[algorithm][number], 3)
        assert search.scores[trial, 0] == pytest.approx(cross_val_score(model, x, y, cv=folds).mean())
        if best[algorithm] == trial:
            row = search.predictions[list(FEW).index(algorithm)]
            assert row.tolist() == cross_val_predict(model, x, y, cv=folds).tolist()


def test_agreement_is_the_share_of_equal_predictions(data):
    search = ended(data)
    alike = search.agreement()
    assert alike.diagonal().eq(1).all() and torch.equal(alike, alike.T)
    one, other = search.predictions[0], search.predictions[3]
    assert alike[0, 3] == (one == other).double().mean() < 1


def test_what_no_algorithm_has_tried_agrees_with_nothing(data):
    search = build()(context(data, seed=3))
    search.step()
    assert search.agreement().isfinite().sum() == 1
    assert set(search.evaluate()) == {"best", "trials"}


def test_test_rows_choose_nothing_and_judge_at_the_end(data):
    """Guards the choice: with the test rows' labels turned around the same algorithm is chosen."""
    search = ended(data)
    turned = ended(data._replace(test=data.test._replace(targets=1 - data.test.targets)))
    assert search.best_trials() == turned.best_trials()
    found, other = search.evaluate(), turned.evaluate()
    assert set(found) == set(METRICS) and found["best"] == other["best"]
    assert other["accuracy"] == pytest.approx(1 - found["accuracy"])
    tests = search.test_accuracies()
    assert found["regret"] == pytest.approx(max(tests.values()) - found["accuracy"])


def test_by_the_training_rows_one_nearest_neighbour_is_chosen(data):
    """The wrong twin: on rows that it was trained on it is never mistaken."""
    by_training, by_folds = ended(data, choose_by="training"), ended(data)
    chosen = by_training.best_trials()["kNN"]
    assert by_training.order[chosen] == ("kNN", 0) and by_training.scores[chosen, 1] == 1
    assert by_training.evaluate()["best"] < by_folds.evaluate()["best"]


def test_the_table_has_the_best_first_and_test_accuracies_at_the_end(data):
    search = ended(data)
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    scores = [float(row[1]) for row in panes["algorithms"]["rows"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == len(FEW)
    tests = {name: f"{accuracy:.3f}" for name, accuracy in search.test_accuracies().items()}
    assert {row[0]: row[3] for row in panes["algorithms"]["rows"]} == tests
    assert panes["agreement"]["values"].diagonal().tolist() == [100] * 5
