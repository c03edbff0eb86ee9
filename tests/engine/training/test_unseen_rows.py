"""Nothing that is trained, fitted or chosen sees the test rows: with others it comes out bit by bit the same."""

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
CLUSTERS = "labels"  # the result of an algorithm that groups all rows: it learns no labels, and none is held out
# buffers that hold what was measured on the test rows, to be drawn
MEASURED = {"brain_damage": ("losses",)}
CPU = torch.device("cpu")


def equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and bool(((a == b) | (a.isnan() & b.isnan())).all())


def subjects() -> list[str]:
    """The quickest recipe of each task and of each algorithm that has rows."""
    found: dict[tuple[str, str], Recipe] = {}
    for recipe in sorted(map(recipes.load, recipes.files()), key=lambda recipe: -recipe.table["seconds"]):
        if recipe.data and getattr(kinds.module(recipe.subject, recipe.task.kind), "RESULT", "") != CLUSTERS:
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
    data = limited(sources.load(recipe.data, "builtin", print), FEW, 2 * FEW_TEST)
    tests = [Split(*(part[:FEW_TEST] for part in data.test)), Split(*(part[FEW_TEST:] for part in data.test))]
    states = [state_after(recipe, data._replace(test=test)) for test in tests]
    assert states[0].keys() == states[1].keys() and any(tensor.numel() for tensor in states[0].values())
    differ = [key for key, tensor in states[0].items() if not equal(tensor, states[1][key])]
    assert [key for key in differ if key.rpartition("/")[2] not in MEASURED.get(recipe.task.kind, ())] == []
