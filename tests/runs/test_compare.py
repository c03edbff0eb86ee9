"""Runs side by side: names that tell them apart, differences, curves laid over each other."""

import pytest

from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import compare
from dltui.runs import run as runs
from dltui.runs.history import History
from dltui.runs.run import Run


def history(*curves: tuple[str, str, float], steps: int = 10, series: tuple[str, ...] = ("",), ended: bool = True):
    """A history with a curve of two points for each (series, metric, value)."""
    made = History()
    events = [{"kind": "started", "t": 1.0, "step": 0, "steps": steps, "series": list(series)}]
    for name, metric, value in curves:
        events.append({"kind": "scalars", "t": 2.0, "series": name, "step": [1, steps], "values": {metric: [1, value]}})
    if ended:
        events.append({"kind": "finished", "t": 3.0, "status": "done"})
    made.take(events)
    return made


def test_a_missing_key_is_a_difference():
    assert compare.different([{"a": 1, "b": 2}, {"a": 1}]) == {"b": [2, None]}
    assert compare.side_by_side([{"a": 1}, {"a": 1, "c": 3}]) == {"a": [1, 1], "c": [None, 3]}


def test_names_are_as_short_as_they_can_be(tmp_path):
    first, second, third = (
        Run(tmp_path / name)
        for name in ("mlp-20260101-120000-aaaa", "mlp-20260101-120000-bbbb", "gan-20260101-120000-aaaa")
    )
    assert compare.short_names([first, third]) == ["mlp", "gan"]
    assert compare.short_names([first, second]) == ["mlp-aaaa", "mlp-bbbb"]
    same = Run(tmp_path / "mlp-20260102-120000-aaaa")
    assert compare.short_names([first, same]) == [first.id, same.id]


def test_a_configuration_is_what_decided_how_the_run_went(home):
    recipe = recipes.load("mlp-moons", {"train.steps": 7})
    run = runs.create("mlp-moons", recipes.to_toml(recipe), {"device": "cpu", "threads": 2, "argv": []})
    found = compare.configuration(run)
    assert found["train.steps"] == 7 and found["run.device"] == "cpu" and found["run.threads"] == 2
    assert not {"title", "name", "topic", "run.argv"} & {key.partition(".")[0] for key in found}
    run.recipe_file.unlink()
    with pytest.raises(DltuiError):
        compare.configuration(run)


def test_runs_laid_over_each_other_are_series_of_one_history():
    first = history(("", "loss", 0.5))
    second = history(("line", "loss", 0.3), ("net", "loss", 0.1), steps=20, series=("line", "net"))
    over = compare.laid_over([first, second], ["a", "b"])
    assert list(over.curves) == [("a", "loss"), ("b line", "loss"), ("b net", "loss")]
    assert over.started["series"] == ["a", "b line", "b net"] and over.step == over.steps == 20
    assert over.curves["b net", "loss"] is second.curves["net", "loss"] and over.finished


def test_a_series_keeps_its_place_before_its_first_point():
    over = compare.laid_over([history(series=("x", "y")), history(("", "loss", 1.0))], ["a", "b"])
    assert over.started["series"] == ["a x", "a y", "b"]


def test_it_goes_on_while_one_of_them_does():
    assert compare.laid_over([history(), history(ended=False)], ["a", "b"]).finished is None


def test_the_recipe_over_several_knows_their_models_and_claims():
    gan = {"title": "", "model": {"generator": {"kind": "mlp"}, "judge": {"kind": "mlp"}}, "expect": {"fid": "<= 30"}}
    net = {"title": "", "model": {"kind": "mlp"}, "expect": {"net.accuracy": ">= 0.9", "hub": {"auc": "> 0"}}}
    over = compare.recipe_over([Recipe("", "", None, gan), Recipe("", "", None, net)])
    assert list(over.models) == ["generator", "judge"]
    assert [claim.name for claim in over.claims] == ["fid", "net.accuracy"]
