"""`dltui show`."""

import json
import tomllib

from dltui.errors import ExitStatus
from dltui.recipes import exercise, recipe
from dltui.runs.events import EventLog


def test_lesson_options_and_claim(dltui):
    out = dltui("show", "mlp-moons").out
    assert "net.accuracy >= 0.99" in out and "Lesson" in out and "half-moons" in out
    assert '[model]  kind = "mlp"' in out
    assert any(line.split()[:4] == ["hidden", "[16,", "16]", "list[int]"] for line in out.splitlines())


def test_variants_and_wrong_twins_are_listed_with_what_they_change(dltui):
    lines = [" ".join(line.split()) for line in dltui("show", "mlp-moons").out.splitlines()]
    for section in ("[variants]", "[twin]"):
        assert section in lines
    assert "no_hidden_layer model.hidden = []" in lines


def test_the_language_is_the_locales_or_what_is_asked(dltui):
    assert "полумесяца" in dltui("show", "mlp-moons", LANG="ru_RU.UTF-8").out
    assert "полумесяца" in dltui("show", "mlp-moons", "--lang", "ru").out
    assert "полумесяца" not in dltui("show", "mlp-moons").out
    wrong = dltui("show", "mlp-moons", "--lang", "fr")
    assert wrong.status == ExitStatus.USAGE and '"fr"' in wrong.err


def test_prose_is_wrapped_but_commands_stay_whole(dltui):
    out = dltui("show", "mlp-moons", "--lang", "ru", terminal=True, COLUMNS="50", NO_COLOR="1").out
    lines = out.partition("\n[task]")[0].splitlines()
    assert "      dltui run mlp-moons model.activation=relu 'variants.net.model.hidden=[3]'" in lines
    assert max(len(line) for line in lines if "dltui" not in line) <= 50


def test_toml_is_the_file_itself(dltui):
    assert dltui("show", "mlp-moons", "--toml").out == recipe.find("mlp-moons").read_text()


def test_json_holds_recipe_and_options(dltui):
    shown = json.loads(dltui("show", "gan-mnist", "--json").out)
    assert shown["recipe"] == tomllib.loads(recipe.find("gan-mnist").read_text())
    places = [part["place"] for part in shown["kinds"]]
    parts = {"task", "loss", "data", "model.generator", "model.discriminator", "optimizer", "train"}
    assert parts <= set(places) <= parts | {"probe.fid", "probe.modes"}


def test_an_unknown_recipe(dltui):
    result = dltui("show", "mlp-moon")
    assert result.status == ExitStatus.NOT_FOUND and 'Did you mean "mlp-moons"?' in result.err


def test_layers_are_asked_of_the_engine(dltui, monkeypatch):
    layer = {"name": "head", "kind": "Linear", "shape": [2], "params": 34}
    built = [
        {"names": ["line"], "models": {"model": [layer]}},
        {"names": ["net", "wide"], "models": {"model": [layer, layer]}},
    ]
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda entry, path: {"variants": built})
    out = dltui("show", "mlp-moons", "--layers").out
    assert "Layers of model (line): 34 weights" in out and "Layers of model (net, wide): 68 weights" in out
    assert [line.split() for line in out.splitlines()].count(["head", "Linear", "2", "34"]) == 3
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda *_: {"variants": [{**built[0], "names": [""]}]})
    assert "Layers of model: 34 weights" in dltui("show", "mlp-mnist", "--layers").out


def test_what_has_no_net_says_so_where_layers_are_asked_for(dltui, monkeypatch):
    built = [{"names": ["line"], "models": {}}, {"names": ["net"], "models": {"model": []}}]
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda *_: {"variants": built})
    assert "No net: line." in dltui("show", "mlp-moons", "--layers").out
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda *_: {"variants": built[:1]})
    assert "No net: this recipe learns without one." in dltui("show", "mlp-moons", "--layers").out


def test_the_names_of_many_variants_are_within_the_terminal(dltui, monkeypatch):
    built = [{"names": [f"variant_{number}" for number in range(12)], "models": {"model": []}}]
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda *_: {"variants": built})
    out = dltui("show", "mlp-moons", "--layers", COLUMNS="60").out.partition("Layers of")[2].partition("Try it")[0]
    assert "variant_11" in out and max(map(len, out.splitlines())) <= 60


def test_on_a_terminal_the_last_runs_pictures_are_shown(dltui, done, monkeypatch):
    assert "Your last run" not in dltui("show", "mlp-moons", terminal=True).out
    run = done("mlp-moons")
    assert "Your last run" not in dltui("show", "mlp-moons", terminal=True).out  # it has none
    log = EventLog(run.log)
    log.write("frame", series="", step=5, pane="text", payload={"type": "text", "text": "what it drew"})
    log.close()
    out = dltui("show", "mlp-moons", terminal=True).out
    assert "what it drew" in out and f"dltui replay {run.id}" in out
    assert "what it drew" not in dltui("show", "mlp-moons").out  # a pipe gets the page alone
    assert "what it drew" not in dltui("show", "lenet-mnist", terminal=True).out


def test_the_exercises_on_a_recipe_are_offered(dltui):
    assert "  dltui exercise kmeans-centres" in dltui("show", "kmeans").out.splitlines()
    without = next(name for name in recipe.files() if not exercise.of_recipe(name))
    assert "dltui exercise" not in dltui("show", without).out
