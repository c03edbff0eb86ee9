"""What a sweep chooses by: never, unasked, a value that test rows have a part in; what is named must be measured."""

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.search import goal as goals
from dltui.search.goal import Goal

KIND = '''"""A probe of one's own."""

from dltui.recipes.metric import Metric

SECTION = "probe"
TASKS = ("classify",)
METRICS = {
    "of_training": Metric("nearness of the training rows", better="higher", rows="test"),
    "of_test": Metric("nearness of the test rows", better="higher", rows="validation"),
}


def build():
    """Looks."""
'''
MINE = """
title = "Mine"
kinds = ["look.py"]
task = { kind = "classify" }
data = { kind = "clouds" }
model = { kind = "mlp" }
optimizer = { kind = "sgd", lr = 0.1 }
train = { steps = 5 }
probe.look = { kind = "look" }
"""


@pytest.mark.parametrize("name", sorted(recipes.files()))
def test_no_recipe_is_searched_by_test_rows_unasked(name):
    """The first claim of most is of test rows: what chose by it could say nothing more of rows that come later."""
    recipe = recipes.load(name)
    try:
        found = goals.goal_of(recipe)
    except DltuiError as refused:
        assert refused.status is ExitStatus.USAGE and refused.hint
        return
    declared = recipe.metrics[found.curve[1]]
    assert declared.rows != "test" and not goals.sees_test_rows(recipe, found.metric)
    assert recipe.subject != "task" or declared.rows in ("validation", "train")
    assert found.greatest == (declared.better == "higher")


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("softmax-digits", Goal("validation_accuracy", True)),  # it claims an accuracy
        ("mlp-moons", Goal("net.validation_accuracy", True)),  # of the variant that is to be good, not of the line
        ("init-compare", Goal("he.validation_loss", False)),  # its first claim is of neither
        ("cross-validation", Goal("accuracy", True)),  # of the folds that were held out
        ("early-stopping", Goal("returned_validation_loss", False)),
        ("overfitting", Goal("few.validation_error.min", False)),
        ("knn-digits", Goal("clean.cv_accuracy", True)),
        ("kmeans", Goal("plusplus.inertia", False)),
    ],
)
def test_the_default_is_a_value_of_validation_rows_or_of_none_that_are_tested(name, goal):
    assert goals.goal_of(recipes.load(name)) == goal


@pytest.mark.parametrize("name", ["gan-mnist", "hog-baseline", "forecasting", "autoencoder-mnist"])
def test_where_only_test_rows_tell_the_goal_must_be_named(name):
    recipe = recipes.load(name)
    with pytest.raises(DltuiError, match="measures nothing on validation rows") as refused:
        goals.goal_of(recipe)
    named = refused.value.hint.rpartition("--metric ")[2]
    assert goals.sees_test_rows(recipe, goals.goal_of(recipe, named).metric)


def test_which_rows_a_value_is_of_is_declared_and_not_read_from_its_words(tmp_path):
    """Words that speak of the training rows may be of a value that is measured on others."""
    (tmp_path / "look.py").write_text(KIND)
    (tmp_path / "mine.toml").write_text(MINE)
    recipe = recipes.load(str(tmp_path / "mine.toml"))
    assert goals.goal_of(recipe, "of_training") == Goal("of_training", True)
    assert goals.sees_test_rows(recipe, "of_training") and not goals.sees_test_rows(recipe, "of_test")
    assert goals.held_out(recipe, Goal("of_test", True), set()) == {"train.validation": 0.2}


def test_validation_rows_are_held_out_where_the_recipe_holds_out_none():
    digits, loss = recipes.load("softmax-digits"), Goal("validation_loss", False)
    assert goals.held_out(digits, loss, set()) == {"train.validation": 0.2}
    assert goals.held_out(digits, loss, {"train.validation"}) == {}
    assert goals.held_out(digits, Goal("validation_accuracy", True), set()) == {"train.validation": 0.2}
    assert goals.held_out(digits, Goal("accuracy", True), set()) == {}
    assert goals.held_out(recipes.load("early-stopping"), loss, set()) == {}
    none = recipes.load("softmax-digits", {"train.validation": 0})
    with pytest.raises(DltuiError, match=r"train\.validation=0 holds out no rows"):
        goals.held_out(none, loss, set())


@pytest.mark.parametrize(
    ("name", "metric", "reason"),
    [
        ("softmax-digits", "accurcy", 'Did you mean "accuracy"'),
        ("softmax-digits", "net.accuracy", "has no variants. Say --metric accuracy"),
        ("mlp-moons", "accuracy", "each variant has accuracy of its own"),
        ("mlp-moons", "nett.accuracy", 'Did you mean "net.accuracy"'),
        ("mlp-moons", "net.acuracy.max", 'Did you mean "accuracy"'),
    ],
)
def test_a_metric_that_is_not_measured_is_told_with_the_nearest(name, metric, reason):
    """Every trial would have been trained, and have failed, for want of it."""
    with pytest.raises(DltuiError) as refused:
        goals.goal_of(recipes.load(name), metric, "max")
    assert refused.value.status is ExitStatus.USAGE and reason in str(refused.value)


@pytest.mark.parametrize(
    ("metric", "curve"),
    [
        ("accuracy", ("", "accuracy")),
        ("accuracy.max", ("", "accuracy")),
        ("net.accuracy", ("net", "accuracy")),
        ("net.accuracy.max", ("net", "accuracy")),
    ],
)
def test_the_curve_of_a_summary_value(metric, curve):
    assert Goal(metric, True).curve == curve
