"""Nothing that is trained, fitted or chosen sees the test rows: with others it comes out bit by bit the same; and what
a metric declares of its rows is so."""

import time
from contextlib import ExitStack
from functools import partial
from itertools import count

import pytest
import torch

from dltui.engine.contracts import kinds
from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import sources
from dltui.engine.training.session import make_learner
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe

STEPS = {True: 3, False: 20}  # of what is trained by gradients, of an algorithm
FEW = 300  # training rows: enough to see a leak by
FEW_TEST = 40
MORE_TEST = {"few-shot": 160, "image-retrieval": 160}  # an episode has five people who are new, with ten pictures each
CLUSTERS = "labels"  # the result of an algorithm that groups all rows: it learns no labels, and none is held out
CLUSTER_ALL = ("choose_k", "cluster_metrics", "cluster_zoo")  # they do too
# buffers that hold what was measured on the test rows, to be drawn
MEASURED = {
    "brain_damage": ("losses",),
    "classic_classifiers": ("accuracies", "fit_ms"),
    "forest_importance": ("votes",),
    "optuna_search": ("test_errors",),
}
# recipes whose held-out rows are the data's test rows by design: they choose by them, and judge nothing else by them
VALIDATED = {"overfitting", "cross-validation"}
PRETRAINED = {"ddpm", "fine-tuning"}  # a classifier for FID, or a net to begin from, is trained first: half a minute
CPU = torch.device("cpu")


def equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and bool(((a == b) | (a.isnan() & b.isnan())).all())


def clusters(recipe: Recipe) -> bool:
    result = getattr(kinds.module(recipe.subject, recipe.task.kind), "RESULT", "")
    return result == CLUSTERS or recipe.task.kind in CLUSTER_ALL


@pytest.fixture(autouse=True)
def seconds(monkeypatch):
    """How long a trial takes is never twice the same: here all take a second."""
    monkeypatch.setattr(time, "process_time", partial(next, count()))


def subjects() -> list[str]:
    """The quickest recipe of each task and of each algorithm that has rows."""
    found: dict[tuple[str, str], Recipe] = {}
    for recipe in sorted(map(recipes.load, recipes.files()), key=lambda recipe: -recipe.table["seconds"]):
        if recipe.data and not clusters(recipe):
            found[recipe.subject, recipe.task.kind] = recipe
    return [recipe.name for recipe in found.values()]


def state_after(recipe: Recipe, data: Dataset) -> dict[str, torch.Tensor]:
    """The whole state of its last variant, which was measured between its steps."""
    series, variant = list(recipe.variants.items())[-1]
    learner = make_learner(series, variant, Rows(data, CPU, recipe.data.kind), CPU)
    for _ in range(STEPS[learner.learns]):
        learner.advance()
        if not learner.learns:  # an algorithm may choose by what it measures
            learner.evaluate()
    return learner.state()[0]


@pytest.mark.parametrize("name", subjects())
def test_other_test_rows_change_nothing(name):
    recipe = recipes.load(name, {"data.from": "builtin"})
    few = MORE_TEST.get(name, FEW_TEST)
    data = limited(sources.load(recipe.data, "builtin", print), FEW, 2 * few)
    tests = [Split(*(part[:few] for part in data.test)), Split(*(part[few:] for part in data.test))]
    states = [state_after(recipe, data._replace(test=test)) for test in tests]
    assert states[0].keys() == states[1].keys() and any(tensor.numel() for tensor in states[0].values())
    differ = [key for key, tensor in states[0].items() if not equal(tensor, states[1][key])]
    assert [key for key in differ if key.rpartition("/")[2] not in MEASURED.get(recipe.task.kind, ())] == []


def looked_at() -> list[str]:
    """The quickest recipes that have, between them, every task, algorithm, probe, callback and comparison with rows."""
    found: dict[tuple[str, str], Recipe] = {}
    for recipe in sorted(map(recipes.load, recipes.files()), key=lambda recipe: -recipe.table["seconds"]):
        if recipe.data and not clusters(recipe):
            parts = [("probe", part.kind) for part in (recipe.probes or {}).values()]
            parts += [("callback", part.kind) for part in recipe.callbacks.values()]
            compared = recipe.part("comparison")
            parts += [("comparison", compared.kind)] if compared else []
            for key in ((recipe.subject, recipe.task.kind), *parts):
                found[key] = recipe
    return sorted({recipe.name for recipe in found.values()} - VALIDATED - PRETRAINED)


def values_after(recipe: Recipe, data: Dataset) -> dict[str, float]:
    """What is measured of its last variant, or of all where they are compared, after a few steps."""
    rows, compared = Rows(data, CPU, recipe.data.kind), recipe.part("comparison")
    variants = list(recipe.variants.items())[0 if compared else -1 :]
    learners = [make_learner(series, variant, rows, CPU) for series, variant in variants]
    comparison = (
        kinds.built("comparison", compared)({each.series: each.task for each in learners}) if compared else None
    )
    for step in range(STEPS[learners[0].learns]):
        losses = {each.series: each.advance() for each in learners}
        if hasattr(comparison, "see_losses"):
            comparison.see_losses(losses)
        if hasattr(comparison, "after_step"):
            comparison.after_step(step + 1)
    with ExitStack() as aside:
        for each in learners:
            aside.enter_context(each.evaluation_mode())
        measured = {each.series: each.evaluate() for each in learners}
        found = comparison.evaluate() if hasattr(comparison, "evaluate") else {}
    return {
        f"{series}.{name}": float(value)
        for values in (measured, found)
        for series, several in values.items()
        for name, value in several.items()
    }


@pytest.mark.filterwarnings("ignore")  # of measures of a class that none of the few rows has
@pytest.mark.parametrize("name", looked_at())
def test_a_value_that_other_test_rows_change_is_declared_as_one_of_test_rows(name):
    """Searches choose by what its metric declares."""
    recipe = recipes.load(name, {"data.from": "builtin"})
    data = limited(sources.load(recipe.data, "builtin", print), FEW, 2 * MORE_TEST.get(name, FEW_TEST))
    half = len(data.test.targets) // 2
    tests = [Split(*(part[:half] for part in data.test)), Split(*(part[half:] for part in data.test))]
    first, second = (values_after(recipe, data._replace(test=test)) for test in tests)
    differ = {key.rpartition(".")[2] for key, value in first.items() if value == value and value != second[key]}
    declared = recipe.metrics
    differ = {name for name in differ if declared[name].unit != "ms"}  # no time is twice the same
    assert {name: declared[name].rows for name in differ} == dict.fromkeys(differ, "test")
