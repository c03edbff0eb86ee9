"""Every problem of a recipe, all at once, each with its key, what was given and what to try."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.recipes import check, hub_name, overrides, schema


def problems(table: dict, **changes: object) -> list[str]:
    """The problems of a user's own recipe with dotted keys (written with __) changed."""
    changes = {key.replace("__", "."): value for key, value in changes.items()}
    return list(check.problems(overrides.applied(table, changes), own_path=True))


def test_a_sound_recipe_has_none(kinds, table):
    assert problems(table) == []


def test_all_problems_are_told_at_once(kinds, table):
    table |= {"titel": "x", "model": {"kind": "nett"}, "train": {"stepz": 3, "batch": 0}}
    table["optimizer"] = {"kind": "plain", "lr": "fast"}
    assert problems(table) == [
        '"titel" is unknown. Did you mean "title"?',
        'model.kind "nett" is unknown. Did you mean "net"? See: dltui kinds models',
        "optimizer.lr must be a number, not 'fast'",
        'train.stepz is unknown for kind "train". Did you mean "steps"?',
        "train.batch must be at least 1, not 0",
    ]


@pytest.mark.parametrize("section", ["title", "task", "data", "model", "optimizer"])
def test_a_missing_section(kinds, table, section):
    del table[section]
    (problem,) = problems(table)
    assert f"{section} is missing" in problem.replace("[", "").replace("]", "")


@pytest.mark.parametrize(
    "kind",
    [
        "../net",
        "/etc/passwd",
        "a/b",
        "torch.nn:Linear",
        "torch.nn.Linear",
        "_shared",
        "Net",
        "net.py",
        "",
        "..",
        "net\n",
        "os;system",
        3,
        ["net"],
        True,
    ],
)
@pytest.mark.parametrize("section", ["task", "data", "model", "optimizer"])
def test_a_kind_is_a_plain_name(kinds, table, section, kind):
    """Nothing in a recipe names a file or a Python object."""
    table[section] = {"kind": kind}
    assert any(problem.startswith(f"{section}.kind {kind!r} is not the name of a kind") for problem in problems(table))


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "~/x", "~root/x", ".."])
@pytest.mark.parametrize(
    ("key", "wrap"), [("model.note", str), ("model.files", lambda path: ["fine", path]), ("data.label", str)]
)
@pytest.mark.parametrize("own_path", [True, False])
def test_no_option_leads_outside(kinds, table, path, key, wrap, own_path):
    found = list(check.problems(overrides.applied(table, {key: wrap(path)}), own_path=own_path))
    assert len(found) == 1 and found[0].startswith(key) and "leads outside" in found[0]


@pytest.mark.parametrize("text", ["a..b", "label", "a/b", "...", "x~"])
def test_other_texts_are_fine(kinds, table, text):
    assert problems(table, model__note=text) == []


@pytest.mark.parametrize("source", ["../x", "/data", "digits.csv"])
def test_a_path_to_data_is_only_the_users(kinds, table, source):
    table["data"]["from"] = source
    assert list(check.problems(table, own_path=True)) == []
    (problem,) = check.problems(table, own_path=False)
    assert problem.startswith(f'data.from "{source}" is a path') and f"--data {source}" in problem


@pytest.mark.parametrize("source", ["", 3, ["hub"], False])
def test_a_source_is_a_text(kinds, table, source):
    valid = "auto, hub, builtin, hf:OWNER/NAME[:CONFIG][@REVISION] or a path"
    assert problems(table, data__from=source) == [f"data.from must be {valid}, not {source!r}"]


@pytest.mark.parametrize(
    "source", ["hf:", "hf:a/b/c", "hf:../x", "hf:a b", "hf:a/b@", "hf:a/b:", "hf:a/b@../../x", "hf:/a"]
)
def test_a_name_of_the_hub_that_is_none_is_told_with_its_form(kinds, table, source):
    [problem] = problems(table, data__from=source)
    assert "names no data set of the hub" in problem and "hf:OWNER/NAME[:CONFIG][@REVISION]" in problem


@pytest.mark.parametrize("source", ["hf:imdb", "hf:a/b", "hf:a.b/c-d_e:en-ru", "hf:a/b@refs/pr/2", "hf:a/b:x@v1.0"])
def test_a_name_of_the_hub_is_a_source(kinds, table, source):
    assert problems(table, data__from=source) == [] and str(hub_name.parse(source)) == source


def test_roles_of_models_and_optimizers(kinds, table):
    table["task"] = {"kind": "duel"}
    table["model"] = {"maker": {"kind": "net"}, "juge": {"kind": "net"}}
    table["optimizer"] = {"maker": {"kind": "plain"}, "jugde": {"kind": "plain"}}
    assert problems(table) == [
        '[model.judge] is missing: task "duel" trains maker and judge',
        'model.juge is not used by task "duel". Did you mean "judge"?',
        "[optimizer.judge] is missing",
        'optimizer.jugde trains nothing. Did you mean "judge"?',
    ]
    table["model"] = {"maker": {"kind": "net"}, "judge": {"kind": "slim"}}
    table["optimizer"] = {"kind": "plain"}
    assert problems(table) == []
    table["optimizer"] = {"maker": {"kind": "plain"}, "judge": {"kind": "heavy"}}
    assert problems(table) == []


def test_a_task_without_gradients_takes_no_optimizer(kinds, table):
    table["task"] = {"kind": "group"}
    del table["model"]
    assert problems(table) == ['[optimizer] is not used by task "group"']
    del table["optimizer"]
    assert problems(table) == []


def test_schedules(kinds, table):
    """For all roles or some of them; its rates can be claimed; a task without gradients has none to move."""
    table["schedule"] = {"kind": "fade", "left": 0.5}
    assert problems(table | {"expect": {"lr": "<= 0.1"}}) == []
    assert problems(table, schedule__left=0.0) == ["schedule.left must be above 0, not 0.0"]
    assert problems(table | {"schedule": {"kind": "fad"}}) == [
        'schedule.kind "fad" is unknown. Did you mean "fade"? See: dltui kinds schedules'
    ]
    table["task"], table["model"] = {"kind": "duel"}, {"maker": {"kind": "net"}, "judge": {"kind": "slim"}}
    table["schedule"] = {"judge": {"kind": "fade"}}
    assert problems(table | {"expect": {"judge_lr": "<= 0.1"}}) == []
    table["schedule"]["maler"] = {"kind": "fade"}
    assert problems(table) == ['schedule.maler moves nothing. Did you mean "maker"?']
    del table["model"], table["optimizer"]
    table["task"], table["schedule"] = {"kind": "group"}, {"kind": "fade"}
    assert problems(table) == ['[schedule] is not used by task "group"']


def test_claims(kinds, table):
    table["expect"] = {
        "acuracy": ">= 1",
        "accuracy": "good",
        "test_loss": "<= 0.5 * test_los.first",
        "net": {"accuracy": ">= 0.9"},
        "hub": {"accurate": 1, "test_loss": "<= 1"},
    }
    assert problems(table) == [
        'expect.acuracy: task "sort" has no value "acuracy". Did you mean "accuracy"?',
        'expect.accuracy must be like ">= 0.95" or "<= 0.5 * loss.first", not \'good\'',
        'expect.test_loss: task "sort" has no value "test_los". Did you mean "test_loss"?',
        'expect.net.accuracy: net.accuracy begins with "net", but there are no variants',
        'expect.hub.accurate: task "sort" has no value "accurate". Did you mean "accuracy"?',
    ]


def test_claims_of_variants(kinds, table):
    table["variants"] = {"slow": {"optimizer.lr": 0.1}, "fast": {"optimizer.lr": 1.0}}
    table["expect"] = {"fast.accuracy": ">= slow.accuracy.first + 0.1", "accuracy": ">= 0", "fats.accuracy": ">= 0"}
    assert problems(table) == [
        "expect.accuracy: accuracy must begin with a variant. Valid: fast, slow.",
        'expect.fats.accuracy: fats.accuracy must begin with a variant. Did you mean "fast"?',
    ]


@pytest.mark.parametrize("place", ["full", "variants.wide"])
def test_full_and_variants_are_checked_as_what_they_make(kinds, table, place):
    def having(changes: dict) -> list[str]:
        changed = table | ({"full": changes} if place == "full" else {"variants": {"wide": changes}})
        return list(check.problems(changed, own_path=False))

    assert having({"model.width": 9, "optimizer.kind": "heavy"}) == []
    assert having({"model.width": 0}) == [f"{place}: model.width must be at least 1, not 0"]
    assert having({"model.kind": "slim", "model.width": 3}) == [
        f'{place}: model.width is unknown for kind "slim". Valid: rank.'
    ]
    assert having({"data.from": "/etc"})[0].startswith(f'{place}: data.from "/etc" is a path')
    assert having({"title.x": 1}) == [
        f'{place}: title.x: "title" is a value, not a section. See: dltui show RECIPE --toml'
    ]


def test_a_problem_of_the_recipe_is_not_told_again_for_each_variant(kinds, table):
    table["model"]["widht"] = 3
    table["variants"] = {"a": {"optimizer.lr": 0.1}, "b": {"optimizer.lr": 0.2}}
    assert len(problems(table)) == 1


def test_variants_share_their_steps_and_have_plain_names(kinds, table):
    table["variants"] = {"long": {"train.steps": 99}, "Über": {}, "x": 3, "nested": {"train": {"steps": 99}}}
    assert problems(table) == [
        "variants.long: variants run side by side and share train.steps",
        "variants.'Über': a variant's name is small letters, digits, - and _",
        "variants.x must be a table of dotted keys, not 3",
        "variants.nested: variants run side by side and share train.steps",
    ]


def test_lessons(kinds, table):
    table["lesson"] = {"en": "x", "ru": 3, "rus": "x"}
    assert problems(table) == ["lesson.ru must be a text", 'lesson.rus is unknown. Did you mean "ru"?']


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "a b", "-x", "x\x1b[2J", "a_b", 3, None])
def test_a_name_that_names_no_folder(name):
    assert len(list(check.name_problems(name))) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("seconds", -1), ("seconds", True), ("seconds", 10**9), ("place", 0), ("place", 2**60), ("place", True)],
)
def test_numbers_of_the_head_have_bounds(kinds, table, key, value):
    (problem,) = problems(table, **{key: value})
    assert problem.startswith(f"{key} must be a") and problem.endswith(f"not {value!r}")


@pytest.mark.parametrize("want", ["<= 1e999", f">= {'9' * 400}", "<= 1e999 * accuracy.first"])
def test_a_claim_is_about_a_finite_number(kinds, table, want):
    (problem,) = problems(table | {"expect": {"accuracy": want}})
    assert problem.startswith("expect.accuracy must be like")


def test_a_hundred_variants_are_checked_at_the_cost_of_a_hundred_recipes(kinds, table, monkeypatch):
    """Once it was that of two hundred, with a search of all installed packages in each."""
    table["variants"] = {f"v{number}": {"optimizer.kind": f"strange{number}"} for number in range(100)}
    checked, searched = [], []
    monkeypatch.setattr(check, "_top_problems", lambda table: checked.append(table) or ())
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: searched.append(group) or ())
    schema._installed_kinds.cache_clear()
    assert len(problems(table)) == 100
    assert len(checked) == 102 and len(searched) == 1  # the recipe, what it is without its variants, and each of them


LEAVES = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(["net", "sort", ">= 1"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "from", "width", "maker", "hub", "en", "a.b"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(check.SECTIONS + check.TEXTS + ("strange",))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300)
@given(changes=st.dictionaries(KEYS, VALUES, max_size=4), gone=st.sets(KEYS, max_size=2))
def test_whatever_toml_says_it_is_told_in_lines_and_never_raises(kinds, table, changes, gone):
    table = {key: value for key, value in {**table, **changes}.items() if key not in gone}
    for problem in check.problems(table, own_path=False):
        assert isinstance(problem, str) and problem
