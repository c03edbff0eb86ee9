"""What commands print as JSON is what the standard library writes of the same value, cleaned."""

import json
from enum import IntEnum, StrEnum
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.cli.json_text import indented
from dltui.runs.events import cleaned, encode


class Point(NamedTuple):
    x: float
    y: int


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


def by_the_library(value):
    return json.dumps(json.loads(encode(cleaned(value))), indent=2, ensure_ascii=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_any_value_is_written_as_the_library_writes_it(value):
    assert indented(value) == by_the_library(value)
    assert indented([value], "\n  ") == by_the_library([value]).replace("\n", "\n  ")


def test_values_of_other_classes_are_written_as_what_they_are():
    value = {"p": Point(float("nan"), 2), 3: IntEnum("Exit", "OK")(1), "s": StrEnum("Word", ["A"])("a"), "-": -0.0}
    assert indented(value) == by_the_library(value)


def test_escapes_of_terminals_are_in_no_text_and_what_json_has_not_is_refused():
    assert json.loads(indented({"a\x1b[2J": ["\x1b]0;x\x07b\ud800"]})) == {"a": ["b"]}
    with pytest.raises(TypeError):
        indented({"a": object()})
