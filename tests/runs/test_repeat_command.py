"""The command that repeats a run: what a shell makes of it asks for the same again."""

import shlex

import pytest

from dltui.jobs import data_source
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.runs import repeat_command
from dltui.runs import run as runs
from dltui.runs.run import Run


def made(name: str, changes: dict, *, table: str | None = None, **info: object) -> Run:
    """A run as `launch.start` records it."""
    recipe = data_source.with_source(recipes.load(name, changes, full=bool(info.get("full"))))
    info = {"overrides": changes, "data": recipe.data_from, "argv": ["run", name], "device": "auto"} | info
    return runs.create(info.pop("recipe", name), table or recipes.to_toml(recipe), info)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train.steps": 7, "optimizer.lr": 1e-5},
        {"model.hidden": [8, 8], "data.spread": 0.5, "optimizer.kind": "sgd"},
        {"data.from": "builtin"},
    ],
)
def test_the_words_are_read_as_what_was_changed(home, changes):
    dltui, run, name, *words = shlex.split(repeat_command.command(made("mlp-moons", changes)))
    assert (dltui, run, name) == ("dltui", "run", "mlp-moons") and overrides.parse(words) == changes


def test_texts_that_look_like_numbers_stay_texts(home):
    run = runs.create(
        "mlp-moons", "", {"argv": ["mlp-moons"], "overrides": {"a": "1", "b": "true", "c": "two words", "d": 'quo"te'}}
    )
    *_, a, b, c, d = shlex.split(repeat_command.command(run))
    assert overrides.parse([a, b, c, d]) == {"a": "1", "b": "true", "c": "two words", "d": 'quo"te'}


def test_the_options_of_the_command_line(home):
    command = repeat_command.command(made("gan-mnist", {}, full=True, device="cuda:1", threads=2, precision="bf16"))
    assert command == "dltui run gan-mnist --full --device=cuda:1 --threads=2 --precision=bf16"


def test_where_the_rows_came_from_is_said_where_the_machine_decided(home, monkeypatch):
    monkeypatch.setenv("DLTUI_DATA", "builtin")
    assert repeat_command.command(made("mlp-mnist", {})) == "dltui run mlp-mnist data.from=builtin"


def test_a_path_to_data_is_told_in_full(home, tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    run = made("mlp-mnist", {"data.from": "builtin"})
    told = run.info() | {"overrides": {"data.from": "digits"}, "data": str(tmp_path / "digits")}
    monkeypatch.setattr(Run, "info", lambda self: told)
    assert repeat_command.command(run) == f"dltui run mlp-mnist data.from={tmp_path / 'digits'}"


@pytest.mark.parametrize("own", [{"recipe": "mine"}, {"argv": ["run", "./mlp-moons.toml"]}])
def test_a_recipe_of_ones_own_is_repeated_from_the_runs_copy(home, own):
    run = made("mlp-moons", {"train.steps": 5}, device="cpu", **own)
    assert repeat_command.command(run) == f"dltui run {run.recipe_file} --device=cpu"
    assert recipes.load(str(run.recipe_file)).train["steps"] == 5


def test_a_run_without_a_record_has_its_recipe_still(home):
    run = made("mlp-moons", {})
    (run.path / "run.json").unlink()
    assert repeat_command.command(run) == f"dltui run {run.recipe_file}"
