"""The form says what the recipe and the signatures say, takes only what `dltui run` would, and answers in words."""

import shlex

import pytest

from dltui.cli import model_start
from dltui.recipes import overrides, recipe, schema
from dltui.tui import recipe_index
from dltui.tui.form import Form, text_of, value_of, word_of
from dltui.tui.widgets.command_line import changes_in, words


@pytest.fixture
def form(course) -> Form:
    return Form(recipe.read_table(recipe.find("line")))


def row(form: Form, key: str):
    return form.row(key)


def test_rows_are_the_options_of_every_kind_in_the_recipe(form):
    groups = list(dict.fromkeys(row.group for row in form.rows))
    assert groups == ["run", "train", "optimizer", "model", "task", "data"]
    assert form.value(row(form, "model.hidden")) == [] and form.value(row(form, "model.width")) == 8
    assert row(form, "model.hidden").given and not row(form, "model.width").given


def test_every_bundled_recipe_has_a_form_without_trouble_and_unchanged():
    for path in recipe.files().values():
        form = Form(recipe.read_table(path))
        assert form.rows and not form.trouble and not form.any_changed, path


def test_a_right_value_is_a_change_and_the_recipe_s_own_value_is_none(form):
    assert form.put(row(form, "optimizer.lr"), "0.01") == ""
    assert form.changes == {"optimizer.lr": 0.01}
    assert form.put(row(form, "optimizer.lr"), "0.5") == ""
    assert form.changes == {} and not form.any_changed


@pytest.mark.parametrize(
    ("key", "text", "answer"),
    [
        ("optimizer.lr", "-1", "must be above 0, not -1"),
        ("optimizer.lr", "fast", "must be a number, not 'fast'"),
        ("train.steps", "1.5", "must be a whole number, not 1.5"),
        ("model.activation", "rely", "must be one of relu, tanh, not 'rely'. Did you mean \"relu\"?"),
        ("model.hidden", "[8, 0.5]", "must be a list of int values, not [8, 0.5]"),
        ("data.from", "hub", "these data have no hub: give auto, builtin or a path"),
        ("data.from", "nowhere.csv", 'there is no "nowhere.csv" here: give auto, builtin or a path'),
        ("device", "gpu", '"gpu" is unknown. Did you mean "cpu"?'),
    ],
)
def test_a_wrong_value_is_kept_where_it_was_typed_and_answered_in_words(form, key, text, answer):
    assert form.put(row(form, key), text) == answer
    assert form.wrong == {key: (text, answer)} and form.text(row(form, key)) == text
    assert form.changes == {}
    form.reset(row(form, key))
    assert not form.wrong and not form.any_changed


def test_an_empty_text_resets_unless_it_is_a_value(form):
    form.put(row(form, "train.steps"), "7")
    form.put(row(form, "train.steps"), "")
    form.put(row(form, "model.note"), "x")
    assert form.changes == {"model.note": "x"}
    form.put(row(form, "model.note"), "")
    assert form.changes == {}


def test_a_list_needs_no_brackets(form):
    assert form.put(row(form, "model.hidden"), "64, 32") == ""
    assert form.changes == {"model.hidden": [64, 32]}


def test_another_kind_brings_its_own_options_and_drops_those_of_the_former(form):
    form.put(row(form, "optimizer.lr"), "0.02")
    form.put(row(form, "optimizer.momentum"), "0.9")
    form.turn(row(form, "optimizer.kind"), 1)
    assert form.changes == {"optimizer.kind": "heavy", "optimizer.lr": 0.02}
    assert "optimizer.momentum" not in {row.key for row in form.rows}
    assert recipe.load("line", form.changes).optimizer("model").options == {"lr": 0.02}
    form.reset(row(form, "optimizer.kind"))
    assert form.changes == {"optimizer.lr": 0.02}


@pytest.mark.parametrize(
    ("key", "start", "by", "then"),
    [
        ("train.steps", "200", 1, 500), ("train.steps", "200", -1, 100), ("train.steps", "300", 1, 500),
        ("train.steps", "300", -1, 200), ("train.steps", "3", 1, 4), ("train.steps", "1", -1, 1),
        ("train.steps", "10", -1, 9), ("optimizer.lr", "0.01", 1, 0.02), ("optimizer.lr", "0.01", -1, 0.005),
        ("optimizer.lr", "2e-4", 1, 5e-4), ("model.dropout", "0.5", 1, 0.5), ("model.note", "x", 1, "x"),
        ("model.activation", "tanh", 1, "relu"), ("model.bias", "true", 1, False),
    ],
)  # fmt: skip
def test_turning_goes_to_the_next_number_or_choice_within_bounds(form, key, start, by, then):
    form.put(row(form, key), start)
    form.turn(row(form, key), by)
    assert form.value(row(form, key)) == pytest.approx(then)


def test_full_size_shows_the_values_of_the_full_size(form):
    assert form.value(row(form, "train.steps")) == 200
    form.turn(row(form, "full"), 1)
    assert form.full and form.value(row(form, "train.steps")) == 20000 and form.changes == {}


def test_what_variants_change_is_changed_under_their_name(course):
    form = Form(recipe.read_table(recipe.find("bend")))
    form.put(form.row("variants.few.model.hidden"), "[3]")
    variants = recipe.load("bend", form.changes).variants
    assert variants["few"].table["model"]["hidden"] == [3] and variants["many"].table["model"]["hidden"] == [64]


def test_a_table_that_is_no_recipe_has_no_rows_and_says_so(course):
    assert "nothing_like_it" in Form({"task": {"kind": "sort"}, "data": {"kind": "nothing_like_it"}}).trouble
    assert Form({"task": 3}).trouble


def test_a_command_s_changes_are_taken_over_what_stood_there(form):
    form.put(row(form, "train.steps"), "7")
    left = form.set_all({"optimizer.lr": 5, "model.nothing": 1, "model.hidden": [8, 8]})
    assert form.changes == {"optimizer.lr": 5, "model.hidden": [8, 8]} and left == ["model.nothing"]


@pytest.mark.parametrize(
    "value", [3, 0.1, 1e-9, True, [1, 2], [], ["a b", 'c"d'], "relu", "3", "true", "a = 'b'", "", "[x", "день", "0.5 x"]
)
def test_a_word_of_the_command_line_is_read_as_the_same_value(value):
    assert overrides.parse([word_of("key", value)]) == {"key": value}


def test_a_typed_text_is_what_it_looks_like_unless_the_option_is_a_text(form):
    assert value_of(row(form, "train.steps").option, "12") == 12
    assert value_of(row(form, "model.note").option, "12") == "12"
    assert text_of(2e-4) == "0.0002" and text_of(0.1 + 0.2) == "0.30000000000000004" and text_of(None) == ""


def test_the_command_line_says_exactly_what_the_form_says(form):
    for key, text in {
        "model.hidden": "[8, 8]",
        "model.note": "two words",
        "data.from": "builtin",
        "device": "cpu",
    }.items():
        assert form.put(row(form, key), text) == ""
    form.turn(row(form, "full"), 1)
    said = words("line", form)
    assert said[:8] == ["dltui", "run", "line", "--full", "--data", "builtin", "--device", "cpu"]
    assert overrides.parse(shlex.split(shlex.join(said))[8:]) == {"model.hidden": [8, 8], "model.note": "two words"}


def test_changes_are_read_from_a_command_only_where_it_runs_this_recipe():
    assert changes_in("dltui run line 'model.hidden=[8, 8]'", "line") == {"model.hidden": [8, 8]}
    for command in (
        "dltui run bend a=1",
        "dltui run line --full",
        "dltui compare line bend",
        "dltui run line 'x",
        "dltui run line x",
    ):
        assert changes_in(command, "line") is None


def test_a_recipe_that_names_files_of_kinds_has_their_options(tmp_path, monkeypatch):
    """Guards one's own recipe from having no form at all, and others from being offered its kinds."""
    monkeypatch.setattr(schema, "_declared", {})
    for name, text in model_start.files("my_net").items():
        (tmp_path / name).write_text(text)
    path = tmp_path / "my-net.toml"
    entry, table, trouble = recipe_index.loaded(recipe_index.entry_of_file(path))
    own = Form(table)
    assert not trouble and not own.trouble and "my_net" in own.row("model.kind").choices
    assert own.value(own.row("model.width")) == 16
    other = Form({key: value for key, value in table.items() if key != "kinds"} | {"model": {"kind": "lenet"}})
    assert "my_net" not in other.row("model.kind").choices
    (tmp_path / "my_net.py").write_text(model_start.MODEL.replace("width: int = 16", "depth: int = 3"))
    assert Form({**table, "model": {"kind": "my_net"}}).row("model.depth").base == 3, "it was edited meanwhile"
    (tmp_path / "my_net.py").unlink()
    assert "No such file" in recipe_index.loaded(entry)[2]
