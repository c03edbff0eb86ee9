"""A table that fits: names are whole, what is shown can be read, and what has no room is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.cli.columns import cell_width
from dltui.cli.fitted_table import Column, as_many, fitted

NAMES = ["gan-mnist", "a-recipe-with-a-long-name"]
GIVING = ("TOPIC", "CLAIM")


def columns() -> list[Column]:
    return [
        Column("NAME", NAMES),
        Column("TITLE", ["Generative adversarial network", "Short"], least=20),
        Column("STATUS", ["done, claim met", "failed"], short=["met 3/3", "failed"]),
        Column("TOPIC", ["generative", "autoencoders"]),
        Column("CLAIM", [["fid <= 100", "modes >= 9"], ["loss <= 1"]], text=claims, least=10),
        Column("EMPTY", ["", ""]),
    ]


def claims(texts: list[str], room: int | None) -> str:
    return as_many(texts, room, "claim")


def test_all_of_it_where_there_is_room():
    for width in (None, 200):
        (head, first, _), left_out = fitted(columns(), width, GIVING)
        assert head.split() == ["NAME", "TITLE", "STATUS", "TOPIC", "CLAIM"] and left_out == []
        assert "done, claim met" in first and first.endswith("fid <= 100, modes >= 9")


@pytest.mark.parametrize(
    ("width", "words", "left_out"),
    [
        (
            104,
            ["Generative adversarial network", "done, claim met", "fid <= 100, +1", "generative"],
            [],
        ),  # claims first
        (90, ["Generative adversar…", "done, claim met", "2 claims", "generative"], []),  # then titles
        (84, ["met 3/3", "2 claims", "generative"], []),  # then fewer words
        (75, ["met 3/3", "2 claims"], ["TOPIC"]),
        (66, ["Generative", "done, claim met"], ["TOPIC", "CLAIM"]),
        (50, ["Generative ad…", "met 3/3"], ["TOPIC", "CLAIM"]),
    ],
)
def test_what_gives_way_in_its_order(width, words, left_out):
    (_, first, _), found = fitted(columns(), width, GIVING)
    assert found == left_out and all(word in first for word in words)


@given(st.integers(1, 160), st.lists(st.text("abc Ж日", max_size=40), min_size=1, max_size=4))
def test_names_are_whole_and_no_line_is_wider_than_it_must_be(width, titles):
    names = [f"name-{number}" for number in range(len(titles))]
    lines, left_out = fitted(
        [Column("NAME", names), Column("TITLE", titles, least=12), Column("AGE", ["1 h"] * len(titles), right=True)],
        width, ("AGE",),
    )  # fmt: skip
    assert [line.split()[0] for line in lines[1:]] == names
    assert max(map(cell_width, lines)) <= max(width, len("name-0") + 2 + 8)
    assert ("AGE" in lines[0]) is (left_out == [])
    for line, title in zip(lines[1:], titles, strict=True):
        assert "…" in line or " ".join(title.split()) in line


@pytest.mark.parametrize(("room", "want"), [(None, "a, b, c"), (7, "a, b, c"), (6, "a, +2"), (4, "3 claims")])
def test_as_many_whole_ones_as_there_is_room_for(room, want):
    assert as_many(["a", "b", "c"], room, "claim") == want
    assert as_many(["a long one"], 3, "claim") == "1 claim" and as_many([], 3, "claim") == ""
