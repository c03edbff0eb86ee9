"""Wrong twins: what a `[twin.NAME]` makes of a recipe, and what is told of one that makes nothing."""

import pytest

from dltui.recipes import check, overrides, twins
from dltui.recipes import recipe as recipes


def told(table: dict, **changes: object) -> list[str]:
    """The problems of a recipe whose only twin changes dotted keys (written with __)."""
    twin = {key.replace("__", "."): value for key, value in changes.items()}
    claimed = "".join(f"{name}." for name in list(table.get("variants", ()))[:1]) + "accuracy"
    return list(check.problems(table | {"expect": {claimed: ">= 0.9"}, "twin": {"wrong": twin}}, own_path=True))


def test_a_twin_changes_the_recipe_and_is_no_part_of_what_it_makes(kinds, table):
    made = twins.applied(table | {"twin": {"wrong": {}}}, {"model.width": 1})
    assert made == overrides.applied(table, {"model.width": 1}) and "twin" not in made
    assert told(table, model__width=1) == []


def test_in_every_variant_concerned_it_stands_last(kinds, table):
    """A variant that sets the option itself is changed too; one whose part has no such option keeps what it had."""
    table["variants"] = {"wide": {"model.width": 99}, "as_it_is": {}, "slim": {"model": {"kind": "slim"}}}
    made = recipes.Recipe("x", "", None, twins.applied(table, {"model.width": 1, "train.steps": 3}))
    widths = {name: variant.models["model"].options.get("width") for name, variant in made.variants.items()}
    assert widths == {"wide": 1, "as_it_is": 1, "slim": None}
    assert made.train["steps"] == 3
    assert told(table, model__width=1, train__steps=3) == []


def test_one_variant_alone(kinds, table):
    table["variants"] = {"slow": {"optimizer.lr": 0.1}, "fast": {"optimizer.lr": 1.0}}
    made = recipes.Recipe("x", "", None, twins.applied(table, {"variants.fast.optimizer.lr": 0.1}))
    assert [each.optimizer("model").options["lr"] for each in made.variants.values()] == [0.1, 0.1]
    assert told(table, variants__fast__optimizer__lr=0.1) == []
    assert told(table, variants__fats__optimizer__lr=0.1) == [
        "twin.wrong.variants.fats.optimizer.lr names no variant: there is no 'fats'. Did you mean \"fast\"?"
    ]


def test_another_kind_takes_the_place_of_every_variants_own(kinds, table):
    """And with the former kind its options go, of which the new one knows nothing."""
    table["variants"] = {"wide": {"model.width": 99, "optimizer.lr": 0.5}, "deep": {"model.hidden": [9, 9]}}
    made = recipes.Recipe("x", "", None, twins.applied(table, {"model.kind": "slim"}))
    assert [each.models["model"] for each in made.variants.values()] == [("slim", {})] * 2
    assert made.variants["wide"].optimizer("model").options["lr"] == 0.5


def test_a_twin_is_checked_as_what_it_makes(kinds, table):
    assert told(table, model__width=0) == ["twin.wrong: model.width must be at least 1, not 0"]
    assert told(table, model__widht=1) == ['twin.wrong: model.widht is unknown for kind "net". Did you mean "width"?']
    assert told(table, model__kind="nett")[0].startswith('twin.wrong: model.kind "nett" is unknown.')
    table["variants"] = {"a": {}, "b": {"model.width": 3}}
    assert told(table, model__widht=1) == ["twin.wrong.model.widht is an option of no variant's parts"]
    assert told(table, variants__b__model__width=0) == ["twin.wrong: variants.b: model.width must be at least 1, not 0"]


@pytest.mark.parametrize("changes", [{"model.width": 8}, {"train.seed": 0, "model.width": 8}])
def test_a_twin_that_changes_nothing_is_an_error(kinds, table, changes):
    table |= {"model": {"kind": "net", "width": 8}, "train": {"seed": 0}, "twin": {"wrong": changes}}
    table["expect"] = {"accuracy": ">= 0.9"}
    assert list(check.problems(table, own_path=True)) == [
        "twin.wrong changes nothing: the recipe has these values already"
    ]


@pytest.mark.parametrize("key", ["expect.accuracy", "title", "lesson.en", "full.train.steps", "data.from", "twin.x"])
def test_a_twin_changes_what_is_run_not_what_is_claimed(kinds, table, key):
    problems = told(table, **{key: "x"})
    assert problems[0].startswith(f"twin.wrong.{key} is no option of a part")


@pytest.mark.parametrize("name", ["../x", "a/b", "Half", "", "a b", "."])
def test_a_twins_name_is_no_path(kinds, table, name):
    table |= {"expect": {"accuracy": ">= 0.9"}, "twin": {name: {"model.width": 1}}}
    assert list(check.problems(table, own_path=True)) == [
        f"twin.{name!r}: a twin's name is small letters, digits, - and _"
    ]


@pytest.mark.parametrize("value", [3, {}, "x", ["model.width"]])
def test_a_twin_is_a_table(kinds, table, value):
    table |= {"expect": {"accuracy": ">= 0.9"}, "twin": {"wrong": value}}
    assert list(check.problems(table, own_path=True)) == [f"twin.wrong must be a table of dotted keys, not {value!r}"]


def test_without_a_claim_nothing_could_fail(kinds, table):
    (problem,) = check.problems(table | {"twin": {"wrong": {"model.width": 1}}}, own_path=True)
    assert problem.startswith("twin: no claim could fail")


def test_a_recipe_that_is_changed_need_not_fit_its_twins(kinds, table):
    """Who sets what a twin sets, or takes another kind, runs a recipe of their own, which is not refused for that."""
    table |= {"expect": {"accuracy": ">= 0.9"}, "twin": {"wrong": {"model.width": 1}}}
    for changes in ({"model.width": 1}, {"model.kind": "slim"}):
        assert "twin" not in recipes.of_table(table, None, changes).table
    assert "twin" in recipes.of_table(table, None).table
