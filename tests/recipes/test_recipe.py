"""From TOML to a sound recipe: found, told wrong in full, laid over, and written again so that it repeats the run."""

import tomllib

import pytest
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dltui import paths
from dltui.errors import DltuiError
from dltui.recipes import recipe

SETTLED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def bundled(tmp_path, monkeypatch, kinds, table):
    """A folder of bundled recipes with one in it; returns its file."""
    monkeypatch.setattr(paths, "recipes", lambda: tmp_path / "recipes")
    file = tmp_path / "recipes" / "01_first" / "points.toml"
    file.parent.mkdir(parents=True)
    file.write_text(tomli_w.dumps(table))
    return file


def refused(word, changes=None, **more) -> DltuiError:
    with pytest.raises(DltuiError) as caught:
        recipe.load(word, changes, **more)
    return caught.value


# -- finding -----------------------------------------------------------------------------------------------------------


def test_a_bundled_recipe_is_found_by_name_and_by_file(bundled):
    by_name, by_file = recipe.load("points"), recipe.load(str(bundled))
    assert by_name == by_file
    assert (by_name.name, by_name.topic, by_name.path) == ("points", "01_first", bundled)


def test_recipes_stand_in_course_order(bundled):
    for place in ("02_second/a.toml", "01_first/zeta.toml", "01_first/alpha.toml"):
        (bundled.parents[1] / place).parent.mkdir(exist_ok=True)
        (bundled.parents[1] / place).write_text("")
    assert list(recipe.files()) == ["alpha", "points", "zeta", "a"]


def test_an_unknown_name_names_the_nearest(bundled):
    error = refused("pionts")
    assert error.status == 3
    assert str(error) == 'There is no recipe "pionts". Did you mean "points"? See: dltui list'


def test_a_file_that_is_not_there(bundled):
    assert refused("no/such.toml").status == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'title = "x"\n[task\nkind = "sort"', "line 2"),
        (b'title = "x"\ntitle = "y"\nseconds = 3\n', "line 2"),
        (b"\xff\xfe\x00", "not TOML: byte 0x00"),
        ('title = "клуб"'.encode("cp1251"), "not TOML: it seems to be cp1251; TOML is UTF-8"),
        (b"x = " + b"[" * 5000, "not TOML"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(kinds, tmp_path, text, told):
    path = tmp_path / "mine.toml"
    path.write_bytes(text)
    error = refused(str(path))
    assert error.status == 2
    assert told in str(error) and str(path) in str(error)


# -- every problem at once ---------------------------------------------------------------------------------------------


def test_every_problem_is_one_line_that_begins_with_the_file(bundled, table, tmp_path):
    path = tmp_path / "Mine.toml"
    path.write_text(tomli_w.dumps(table | {"titel": 1, "topic": "../x", "model": {"kind": "a/b", "width": 1}}))
    error = refused(str(path), {"train.steps": 0})
    lines = str(error).splitlines()
    assert error.status == 2
    assert len(lines) == 5
    assert all(line.startswith(f"{path}: ") for line in lines)
    for part in ("name 'Mine'", "topic '../x'", '"titel"', "model.kind 'a/b'", "train.steps must be at least 1"):
        assert part in str(error)


def test_a_path_to_data_is_refused_in_a_bundled_recipe_and_allowed_on_the_command_line(bundled, table):
    assert recipe.load("points", {"data.from": "/home/me/digits"}).data_from == "/home/me/digits"
    bundled.write_text(tomli_w.dumps(table | {"data": {"kind": "points", "from": "/etc"}}))
    assert "only your own recipe file or the command line" in str(refused("points"))
    assert recipe.load("points", {"data.from": "builtin"}).data_from == "builtin"


def test_a_path_to_data_is_allowed_in_the_users_own_file_and_from_stdin(bundled, table, tmp_path):
    table["data"]["from"] = "../digits"
    own = tmp_path / "mine.toml"
    own.write_text(tomli_w.dumps(table))
    assert recipe.load(str(own)).data_from == "../digits"
    assert recipe.of_table(table, None).data_from == "../digits"


def test_a_name_on_the_command_line_cannot_lead_outside(bundled):
    assert "must be small letters" in str(refused("points", {"name": "../../etc"}))


# -- what a sound recipe says ------------------------------------------------------------------------------------------


def test_sections(kinds, table):
    table["data"]["from"] = "builtin"
    sound = recipe.of_table(table, None)
    assert sound.task == ("sort", {})
    assert sound.data == ("points", {})
    assert sound.data_from == "builtin"
    assert sound.models == {"model": ("net", {"width": 4})}
    assert sound.optimizer("model") == ("plain", {"lr": 0.5})
    assert sound.train == {"steps": 10, "batch": 64, "seed": 0}
    assert sound.variants == {"": sound}


def test_roles(kinds, table):
    table["task"] = {"kind": "duel"}
    table["model"] = {"maker": {"kind": "net"}, "judge": {"kind": "slim", "rank": 1}}
    one = recipe.of_table(table, None)
    assert one.models == {"maker": ("net", {}), "judge": ("slim", {"rank": 1})}
    assert one.optimizer("maker") == one.optimizer("judge") == ("plain", {"lr": 0.5})
    table["optimizer"] = {"maker": {"kind": "plain"}, "judge": {"kind": "heavy"}}
    assert recipe.of_table(table, None).optimizer("judge") == ("heavy", {})


def test_claims_by_source(kinds, table):
    table["expect"] = {"accuracy": ">= 0.9", "hub": {"accuracy": ">= 0.8", "test_loss": "<= 1"}}
    sound = recipe.of_table(table, None)
    assert [(c.name, c.want) for c in sound.claims_for("builtin")] == [("accuracy", ">= 0.9")]
    assert [(c.name, c.want) for c in sound.claims_for("hub")] == [("accuracy", ">= 0.8"), ("test_loss", "<= 1")]
    assert sound.claims_for("path") == []


def test_lessons(kinds, table):
    table["lesson"] = {"en": "\nHello.\n", "ru": "Привет."}
    sound = recipe.of_table(table, None)
    assert (sound.lesson(), sound.lesson("ru"), sound.lesson("de")) == ("Hello.", "Привет.", "Hello.")


@pytest.mark.parametrize(
    "changes", [{"optimizer.kind": "heavy", "model.width": 9}, {"optimizer": {"kind": "heavy"}, "model": {"width": 9}}]
)
def test_a_variant_is_the_recipe_with_its_changes_dotted_or_nested(kinds, table, changes):
    """`{ optimizer.kind = "heavy" }` without quotes is a nested table to TOML: it changes one key, not the section."""
    table["variants"] = {"other": changes, "same": {}}
    variants = recipe.of_table(table, None).variants
    assert variants["other"].optimizer("model") == ("heavy", {"lr": 0.5})
    assert variants["other"].models["model"] == ("net", {"width": 9})
    assert variants["same"].optimizer("model") == ("plain", {"lr": 0.5})
    assert "variants" not in variants["other"].table


def test_a_key_of_one_variant_is_set_from_the_command_line(kinds, table):
    table["variants"] = {"wide": {"model.width": 9}, "slow": {"optimizer.lr": 0.1}}
    variants = recipe.of_table(table, None, {"variants.wide.model.width": 7}).variants
    assert variants["wide"].models["model"].options == {"width": 7}
    assert variants["slow"].models["model"].options == {"width": 4}


def test_full_comes_first_and_the_command_line_has_the_last_word(kinds, table):
    table["full"] = {"train.steps": 5000, "model.width": 512}
    full = recipe.of_table(table, None, {"train.steps": 7}, full=True)
    assert (full.train["steps"], full.models["model"].options["width"]) == (7, 512)
    plain = recipe.of_table(table, None)
    assert (plain.train["steps"], plain.models["model"].options["width"]) == (10, 4)


def test_the_given_table_is_left_alone(kinds, table):
    table |= {"name": "mine", "topic": "x"}
    recipe.of_table(table, None, {"train.steps": 3})
    assert (table["name"], table["topic"], table["train"]) == ("mine", "x", {"steps": 10})


# -- writing -----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@SETTLED
@example(title="a\r\nb", lesson="c\r", note="", lr=1.0, hidden=[])
@given(
    title=TEXTS,
    lesson=TEXTS,
    note=TEXTS.filter(lambda t: not t.startswith(("/", "~")) and ".." not in t),
    lr=st.floats(1e-12, 1e12),
    hidden=st.lists(st.integers(1, 99), max_size=3),
)
def test_what_is_written_is_the_same_recipe(kinds, table, title, lesson, note, lr, hidden):
    table = table | {"title": title, "lesson": {"en": lesson}, "expect": {"accuracy": ">= 0.9"}}
    table["full"] = {"train.steps": 99}
    changes = {"model.note": note, "model.hidden": hidden, "optimizer.lr": lr}
    first = recipe.of_table(table | {"name": "mine", "topic": "05_x"}, None, changes)
    again = recipe.of_table(tomllib.loads(recipe.to_toml(first)), None)
    assert again == first


def test_a_lesson_is_written_as_it_reads(kinds, table):
    table["lesson"] = {"en": "First line.\nSecond line.\n"}
    assert "\nFirst line.\nSecond line.\n" in recipe.to_toml(recipe.of_table(table, None))


def test_a_run_of_a_written_recipe_keeps_name_topic_and_variants(kinds, table, tmp_path):
    table |= {"name": "mine", "topic": "05_x", "variants": {"wide": {"model.width": 9}}}
    first = recipe.of_table(table, None)
    file = tmp_path / "recipe.toml"
    file.write_text(recipe.to_toml(first), encoding="utf-8")
    again = recipe.load(str(file))
    assert again == first._replace(path=file)
    assert again.variants["wide"].models["model"].options["width"] == 9


def test_a_recipe_without_data_has_no_source_to_choose():
    """`verify` and DLTUI_DATA name one for every recipe alike."""
    table = {"title": "a graph", "algorithm": {"kind": "backprop"}}
    sound = recipe.of_table(table, None, {"data.from": "builtin", "train.steps": 3})
    assert sound.data is None and sound.train["steps"] == 3


def test_full_need_not_fit_what_the_command_line_made_of_a_recipe_unless_it_is_asked_for():
    """Else no other model could be tried where [full] gives the recipe's own a size."""
    other = {"model.kind": "small_cnn"}
    assert "full" not in recipe.load("grad-cam", other).table and "full" in recipe.load("grad-cam").table
    for asked in ({"full": True}, {"full": False, "more": {"full.model.stages": 9}}):
        with pytest.raises(DltuiError, match="stages"):
            recipe.load("grad-cam", other | asked.get("more", {}), full=asked["full"])
