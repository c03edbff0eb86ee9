"""Tables of numbers side by side: every number in its cell, lit where it is used, told without colours too."""

import numpy as np

from dltui.render import grids, palette
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("grids", grids.render, EXAMPLES["grids"])


def pair(rows: int = 2, columns: int = 3) -> dict:
    left = {"values": np.arange(rows * columns).reshape(rows, columns), "lit": [(0, 1)], "now": [(1, 2)]}
    return {"grids": [left, {"values": [[7, "nan"]], "title": "out"}], "signs": ["="]}


def test_lit_cells_are_bracketed_where_colours_are_missing():
    text = "\n".join(plain(grids.render(pair(), 40, 8, LOOKS["none"])))
    assert "[1]" in text and ">5<" in text and "[0]" not in text
    assert "·" in text  # what is not known yet


def test_lit_cells_have_grounds_of_their_own():
    grounds = {}
    for line in grids.render(pair(), 40, 8, TerminalCapabilities()):
        for segment in line:
            if segment.text.strip() and segment.style and segment.style.bgcolor:
                grounds[segment.text.strip()] = segment.style.bgcolor.triplet.hex
    assert len({grounds[number] for number in ("0", "1", "5")}) == 3
    assert grounds["0"] == grounds["2"]


def test_padding_has_no_ground():
    drawn = grids.render(EXAMPLES["grids"], 160, 50, TerminalCapabilities())
    size = sum(s.style.bgcolor is not None for line in drawn for s in line if s.style)
    without = EXAMPLES["grids"] | {"grids": [grid | {"edge": 0} for grid in EXAMPLES["grids"]["grids"]]}
    more = sum(
        s.style.bgcolor is not None
        for line in grids.render(without, 160, 50, TerminalCapabilities())
        for s in line
        if s.style
    )
    assert size < more


def test_side_by_side_then_below():
    def at(width: int, height: int) -> list[str]:
        return plain(grids.render(pair(4, 4), width, height, LOOKS["none"]))

    [beside] = [line for line in at(40, 8) if "=" in line]
    assert "10" in beside and beside.index("=") > 8
    [below] = [line for line in at(14, 9) if "=" in line]
    assert below.startswith("=")


def test_numbers_without_room_are_drawn_as_colours_under_their_names():
    """Four paddings of one picture side by side at 80x24: what they do to its border is seen, not "needs 23 x 8"."""
    values = np.arange(64).reshape(8, 8)
    payload = {"grids": [{"values": values, "title": "zeros", "lit": [(2, 3)], "now": [(7, 7)]}]}
    drawn = grids.render(payload, 19, 6, TerminalCapabilities())
    assert plain(drawn)[0].strip() == "zeros"
    grounds = [s.style.bgcolor.triplet.hex for line in drawn for s in line if s.style and s.style.bgcolor]
    inks = [s.style.color.triplet.hex for line in drawn for s in line if s.style and s.style.color]
    told = {palette.ink(palette.series(n), TerminalCapabilities()).color.triplet.hex for n in (0, 1)}
    assert len({*grounds, *inks}) > 40 and told <= {*grounds, *inks}
    text = plain(grids.render(payload, 19, 9, LOOKS["none"]))
    assert text[0].strip() == "zeros" and "oo" in text[3] and text[8].rstrip().endswith("xx")


def test_names_stay_whole_before_cells_grow():
    """A kernel of two numbers whose name is cut to "w ..." is not named."""
    payload = {"grids": [{"values": [[1]], "title": "weights"}, {"values": [[2]], "title": "bias"}], "signs": ["+"]}
    [line] = [line for line in plain(grids.render(payload, 30, 5, TerminalCapabilities())) if "weights" in line]
    assert "bias" in line


def test_what_no_sign_parts_stays_side_by_side():
    """The three channels of a picture, beneath them the slices of the kernel, beneath these the output."""
    cubes = [{"values": np.full((4, 4), k)} for k in (1, 2, 3, 4, 5, 6, 7)]
    payload = {"grids": cubes, "signs": [" ", " ", "*", " ", " ", "="]}
    lines = [line.split() for line in plain(grids.render(payload, 26, 13, TerminalCapabilities())) if line.strip()]
    assert [sorted(set(line) - {"*", "="}) for line in lines[::4]] == [["1", "2", "3"], ["4", "5", "6"], ["7"]]


def test_words_give_way_before_numbers_do():
    """A kernel without its input says nothing, however well it is described."""
    payload = {
        "grids": [{"values": np.zeros((7, 7))}, {"values": np.zeros((3, 3))}],
        "signs": ["="],
        "title": "a title",
        "caption": "a caption that is too long for one line of this pane, so that it wants two of them",
    }
    for height, words in ((13, ("title", "caption")), (9, ("title", "caption")), (8, ("title",)), (7, ())):
        lines = plain(grids.render(payload, 60, height, TerminalCapabilities()))
        assert len(lines) == height and sum(line.count("0") for line in lines) == 7 * 7 + 3 * 3
        assert [word for word in ("title", "caption") if any(word in line for line in lines)] == list(words)


def test_a_number_that_is_still_to_come_has_its_room():
    """An output that fills must not push its neighbours about."""
    wide = {"values": [["nan", "nan"]], "digits": 4}
    known = wide | {"values": [[-100, 2]]}
    empty, full = (plain(grids.render({"grids": [g, {"values": [[1]]}], "signs": ["="]}, 40, 3, LOOKS["none"]))
                   for g in (wide, known))  # fmt: skip
    assert [line.find("=") for line in empty] == [line.find("=") for line in full]


def test_cells_grow_with_the_room():
    small, large = (
        sum(
            s.cell_length
            for line in grids.render(pair(), *size, TerminalCapabilities())
            for s in line
            if s.style and s.style.bgcolor
        )
        for size in ((30, 3), (120, 40))
    )
    assert large > 1.5 * small
