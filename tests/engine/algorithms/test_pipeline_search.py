"""Pipelines are scikit-learn's, the leak promises on noise what no honest search does, and the best path is lit."""

import numpy as np
import pytest
import torch
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import cross_val_score

from dltui.engine.algorithms import pipeline_search
from dltui.engine.algorithms.pipeline_search import METRICS, Stages, build, paths, pipeline
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context


def table(rows: int, seed: int) -> Split:
    """Two columns of thirty tell the class."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(rows) % 2
    inputs = torch.randn(rows, 30, generator=generator)
    inputs[:, :2] += 1.5 * targets[:, None]
    return Split(inputs, targets)


@pytest.fixture
def data(monkeypatch) -> Dataset:
    monkeypatch.setattr(pipeline_search, "SCALES", ("raw", "scaled"))
    monkeypatch.setattr(pipeline_search, "REDUCTIONS", ("all", "PCA 3", "best 2"))
    monkeypatch.setattr(pipeline_search, "CLASSIFIERS", ("logistic", "kNN 5"))
    return Dataset(table(60, 0), table(60, 1), ("low", "high"), "builtin", "table", {"inputs": 30, "classes": 2})


def ended(data: Dataset, **options: object):
    search = build(**options)(context(data, seed=2))
    while not search.done:
        search.step()
    return search


def test_every_path_is_tried_once(data):
    assert len(set(paths("together"))) == len(paths("together")) == 12
    assert paths("model") == [Stages("raw", "all", "logistic"), Stages("raw", "all", "kNN 5")]


def test_inside_the_folds_the_scores_are_scikit_learns(data):
    """Guards the stages: fitted on all rows, or left out, they give other accuracies."""
    search = ended(data)
    theirs = [cross_val_score(pipeline(stages), search.x, search.y, cv=search.folds).mean() for stages in search.paths]
    assert search.scores[:, 0].tolist() == pytest.approx(theirs)
    assert search.evaluate()["sklearn_gap"] < 1e-12
    search.scores[4, 0] += 0.1
    assert search.evaluate()["sklearn_gap"] == pytest.approx(0.1)


def test_columns_are_chosen_on_the_rows_trained_on_unless_it_leaks(data):
    """The wrong twin: SelectKBest that has seen the held-out rows' labels."""
    honest, leaking = ended(data), ended(data, leak=True)
    at = honest.paths.index(Stages("raw", "best 2", "kNN 5"))
    x = SelectKBest(k=2).fit_transform(leaking.x, leaking.noise[0])
    alone = pipeline(Stages("raw", "all", "kNN 5"))
    chosen = [cross_val_score(alone, SelectKBest(k=2).fit_transform(leaking.x, labels), labels, cv=leaking.folds).mean()
              for labels in leaking.noise]  # fmt: skip
    assert x.shape == (60, 2) and leaking.scores[at, 1] == pytest.approx(np.mean(chosen))
    assert leaking.evaluate()["noise_promise"] > honest.evaluate()["noise_promise"] + 0.05
    assert "sklearn_gap" not in leaking.evaluate()


def test_a_stage_that_learns_no_labels_and_no_rows_leaks_nothing(data):
    honest, leaking = ended(data, search="model"), ended(data, search="model", leak=True)
    assert torch.equal(honest.scores, leaking.scores)


def test_test_rows_choose_nothing_and_judge_at_the_end(data):
    search = build()(context(data, seed=2))
    assert search.evaluate() == {} and not list(search.pictures())
    search.step()
    assert "accuracy" not in search.evaluate()
    search = ended(data)
    assert set(search.evaluate()) == set(METRICS)
    best = pipeline(search.paths[int(search.scores[:, 0].argmax())]).fit(search.x, search.y)
    assert search.evaluate()["accuracy"] == best.score(search.test_x, search.test_y)
    assert search.evaluate()["chance"] == 0.5


def test_the_best_path_is_lit_and_edges_bear_the_best_accuracy(data):
    search = ended(data)
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    graph = panes["stages"]
    lit = tuple(node["label"] for node in graph["nodes"] if node.get("lit"))
    assert lit == search.paths[int(search.scores[:, 0].argmax())]
    names = [node["label"] for node in graph["nodes"]]
    first = max(
        score for stages, score in zip(search.paths, search.scores[:, 0].tolist(), strict=True)
        if stages[:2] == ("raw", "all")
    )  # fmt: skip
    edge = next(e for e in graph["edges"] if (names[e["source"]], names[e["target"]]) == ("raw", "all"))
    assert edge["above"] == f"{first:.2f}"
    assert panes["promised"]["curves"][1]["y"][-1] == search.scores[:, 1].max()
