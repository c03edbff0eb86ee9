"""KEY=VALUE: what a word means, and what laying it over a recipe keeps and drops."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.errors import DltuiError
from dltui.recipes import overrides, recipe

INTS, FLOATS = st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)


@given(st.one_of(INTS, FLOATS, st.booleans(), st.text(), st.lists(INTS), st.lists(st.text()), st.lists(FLOATS)))
def test_what_is_written_is_read_as_the_same_value(value):
    """Guards False for false, "3" for 3, and a text with blanks at its ends."""
    got = overrides.parse([overrides.written("a.b", value)])["a.b"]
    assert got == value and type(got) is type(value)


def test_it_is_written_as_a_person_would():
    words = [overrides.written("k", value) for value in (False, 1e-3, "relu", [64, 32], "3", ["a"])]
    assert words == ["k=false", "k=0.001", "k=relu", "k=[64, 32]", 'k="3"', 'k=["a"]']


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1", -1),
        ("1_000", 1000),
        ("2e-4", 2e-4),
        ("true", True),
        ("false", False),
        ("[3, 4]", [3, 4]),
        ("[]", []),
        ('"3"', "3"),
        ("adam", "adam"),
        ("True", "True"),
        ("", ""),
        ("~/digits", "~/digits"),
        ("a=b", "a=b"),
        ("2026-11-20", "2026-11-20"),
        ("12:30:00", "12:30:00"),
        ("{a = 1}", "{a = 1}"),
        ("[" * 9999, "[" * 9999),
    ],
)
def test_values(text, value):
    given_value = overrides.parse_value(text)
    assert given_value == value
    assert type(given_value) is type(value)


@given(st.text())
def test_any_text_is_a_value_of_a_kind_that_options_know(text):
    assert isinstance(overrides.parse_value(text), bool | int | float | str | list)


def test_words():
    assert overrides.parse(["train.steps=5", " optimizer.lr = 1e-2", "data.label=a=b"]) == {
        "train.steps": 5,
        "optimizer.lr": 0.01,
        "data.label": "a=b",
    }


@pytest.mark.parametrize("word", ["steps", "=3", " =3", ""])
def test_a_word_that_is_not_key_value(word):
    with pytest.raises(DltuiError, match="KEY=VALUE") as caught:
        overrides.parse([word])
    assert caught.value.status == 2


def test_the_given_table_is_left_alone(table):
    before = copy.deepcopy(table)
    changed = overrides.applied(table, {"model.width": 9, "train.seed": 1, "model.kind": "slim"})
    assert table == before
    assert changed["model"] == {"kind": "slim", "width": 9}
    assert changed["train"] == {"steps": 10, "seed": 1}


def test_another_kind_drops_the_options_of_the_former(table):
    table["data"] |= {"from": "builtin", "rows": 3}
    changed = overrides.applied(table, {"optimizer.kind": "heavy", "model.kind": "slim", "data.kind": "other"})
    assert changed["optimizer"] == {"kind": "heavy", "lr": 0.5}
    assert changed["model"] == {"kind": "slim"}
    assert changed["data"] == {"kind": "other", "from": "builtin"}


def test_the_same_kind_keeps_them(table):
    assert overrides.applied(table, {"model.kind": "net"}) == table


def test_a_kind_is_set_before_its_options_in_whatever_order(table):
    for order in ([("model.rank", 3), ("model.kind", "slim")], [("model.kind", "slim"), ("model.rank", 3)]):
        assert overrides.applied(table, dict(order))["model"] == {"kind": "slim", "rank": 3}


def test_a_section_that_is_not_there_is_made():
    assert overrides.applied({}, {"model.maker.width": 3}) == {"model": {"maker": {"width": 3}}}


def test_a_value_is_not_a_section(table):
    with pytest.raises(DltuiError, match='"title" is a value') as caught:
        overrides.applied(table, {"title.x": 3})
    assert caught.value.status == 2


@pytest.mark.parametrize("value", ["inf", "nan", str(2**63), "0x" + "f" * 6000, "[1, inf]", "[" * 40 + "]" * 40])
def test_a_number_that_no_recipe_can_hold_is_told_with_its_key(value):
    with pytest.raises(DltuiError) as caught:
        overrides.parse([f"train.seed={value}"])
    assert caught.value.status == 2 and caught.value.message.startswith("train.seed ")
    assert len(caught.value.message) < 120


def test_more_digits_than_python_reads_are_a_text():
    """Which no option takes that is a number."""
    assert overrides.parse(["train.seed=" + "9" * 5000]) == {"train.seed": "9" * 5000}


def test_a_key_does_not_lead_deeper_than_a_recipe_goes():
    with pytest.raises(DltuiError, match="more than 32 parts"):
        overrides.applied({}, {".".join("a" * 3000): 1})


@pytest.mark.parametrize(
    ("name", "change", "is_told"),
    [
        ("mlp-moons", "model.hidden=[3]", True),
        ("mlp-moons", "model.hidden=[16, 16]", False),  # what one of them has
        ("mlp-moons", "model.activation=relu", False),
        ("mlp-moons", "variants.net.model.hidden=[3]", False),
        ("mlp-mnist", "model.hidden=[3]", False),  # it has no variants
    ],
)
def test_a_change_that_every_variant_overrides_is_told(name, change, is_told):
    changes = overrides.parse([change])
    found = recipe.load(name, changes).ignored(changes)
    assert bool(found) is is_told
    assert not is_told or found == [
        "model.hidden=[3] changes nothing: each variant has a model.hidden of its own (line: [], net: [16, 16]). "
        "For one: variants.net.model.hidden=[3]"
    ]
