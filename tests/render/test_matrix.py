"""Confusion matrices show counts where they can, shades where they cannot, and then name the worst mistakes."""

import numpy as np
import pytest

from dltui.render import matrix
from dltui.render.colour import oklab
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def identity(classes: int) -> dict:
    names = [f"class {index}" for index in range(classes)]
    return {"type": "matrix", "values": np.eye(classes) * 50, "rows": names, "columns": names}


def test_golden(drawn_as_golden):
    drawn_as_golden("matrix", matrix.render, EXAMPLES["matrix"])


def test_every_count_stands_in_its_place():
    lines = plain(matrix.render(EXAMPLES["matrix"], 60, 15, LOOKS["none"]))
    counts = EXAMPLES["matrix"]["values"]
    for row in range(10):
        label, *entries = lines[2 + row].split()
        assert label == str(row)
        assert [0 if entry == "·" else int(entry.strip("[]")) for entry in entries] == counts[row].tolist()


def test_right_and_mistaken_have_different_hues_and_nothing_has_none():
    values = [[40, 10], [0, 50]]
    payload = {"values": values, "rows": ["a", "b"], "columns": ["a", "b"]}
    found = {}
    for line in matrix.render(payload, 30, 8, TerminalCapabilities()):
        for segment in line:
            if segment.text.strip() in ("40", "10", "50", "·"):
                found[segment.text.strip()] = segment.style.bgcolor and segment.style.bgcolor.triplet
    assert found["·"] is None
    assert found["40"].blue > found["40"].red and found["10"].red > found["10"].blue


def test_long_class_names_are_shown_whole_where_there_is_room():
    payload = {"values": [[1, 2], [3, 4]], "rows": ["malignant", "benign"], "columns": ["malignant", "benign"]}
    lines = plain(matrix.render(payload, 60, 10, TerminalCapabilities()))
    assert "malignant" in lines[0] and sum("malignant" in line for line in lines) == 2


def test_without_room_for_counts_there_are_shades():
    """Thirty classes: two columns each beside their labels; then, with fewer lines than classes, half a line each."""
    lines = plain(matrix.render(identity(30), 70, 32, LOOKS["none"]))
    assert not any("50" in line for line in lines)
    places = [line.index("@@") for line in lines if "@@" in line]
    assert [place - places[0] for place in places] == list(range(0, 60, 2))
    lines = matrix.render(identity(30), 70, 15, TerminalCapabilities())
    assert [plain(lines)[row][2 * row : 2 * row + 2] for row in range(15)] == ["▀▄"] * 15


def digits(mistakes: dict[tuple[int, int], int], names: list[str]) -> dict:
    values = np.eye(10) * 90
    for place, count in mistakes.items():
        values[place] = count
    return {"values": values, "rows": names, "columns": names, "row_title": "true", "column_title": "predicted"}


@pytest.mark.parametrize("size", [(38, 9), (26, 8), (39, 11)])
def test_in_a_small_pane_it_has_its_class_names_or_names_its_worst_pairs(size: tuple[int, int]):
    """A pane of the run screen at 80x24 has fewer lines than there are digits."""
    names = [str(number) for number in range(10)]
    lines = plain(matrix.render(digits({(5, 3): 40, (4, 9): 31}, names), *size, TerminalCapabilities()))
    text = "\n".join(lines)
    assert " ".join(names) in " ".join(text.split()) or all(
        name in "".join(line[0] for line in lines) for name in names
    )
    if size[1] <= 10:
        assert "5 as 3: 40" in text and text.index("5 as 3: 40") < text.index("4 as 9: 31")


def test_names_that_are_cut_are_told_with_the_worst_mistakes():
    names = [f"{kind} aeroplane" for kind in "abcdefghij"]
    lines = plain(matrix.render(digits({(7, 2): 8}, names), 60, 16, TerminalCapabilities()))
    assert any("h aeroplane as c aeroplane: 8" in line for line in lines)


def test_more_entries_than_points_are_still_seen_as_colours_and_no_mistake_vanishes():
    """A hundred classes in a pane of 15 lines: the only mistake lights a point."""
    payload = identity(100)
    right = matrix.render(payload, 60, 15, TerminalCapabilities())
    payload["values"][90, 5] = 40
    wrong = matrix.render(payload, 60, 15, TerminalCapabilities())
    assert "".join(plain(right)).strip() and "need" not in "".join(plain(right))
    lit = [sum(s.style is not None and s.style.color is not None for s in line) for line in wrong]
    assert sum(lit) > sum(sum(s.style is not None and s.style.color is not None for s in line) for line in right)
    assert "class 90 as class 5: 40" in " ".join(plain(wrong))


def test_the_ground_is_readable_beneath_every_count():
    """Black or white, whichever is farther in lightness: never less than 0.3 of Oklab's lightness apart."""
    for look in (TerminalCapabilities(), TerminalCapabilities(dark=False), TerminalCapabilities(colours="256")):
        for line in matrix.render(EXAMPLES["matrix"], 100, 30, look):
            for segment in line:
                if segment.style and segment.style.bgcolor and segment.text.strip():
                    pair = [
                        oklab(np.array(tuple(c.get_truecolor())))[0]
                        for c in (segment.style.color, segment.style.bgcolor)
                    ]
                    assert abs(pair[0] - pair[1]) > 0.3
