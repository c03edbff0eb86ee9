"""A terminal's picture as SVG."""

import re
import xml.etree.ElementTree as ET

import pytest
from rich.segment import Segment
from rich.style import Style

from dltui.report.cells_svg import BRAILLE, DARK, HIGH, WHITE, WIDE, boxes_of, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*segments: Segment) -> ET.Element:
    return ET.fromstring(svg([list(segments)], DARK, "a picture"))


def test_words_are_as_wide_as_their_cells():
    texts = drawn(Segment("  loss 日本  0.5")).findall(f".//{SVG}text")
    assert [(text.text, float(text.get("x")), float(text.get("textLength"))) for text in texts] == [
        ("loss 日本", 2 * WIDE, 9 * WIDE),
        ("0.5", 13 * WIDE, 3 * WIDE),
    ]


def test_text_of_a_log_is_text_and_nothing_else():
    root = drawn(Segment('<script>alert("1")</script>'))
    assert not root.findall(f".//{SVG}script")
    assert root.find(f".//{SVG}text").text == '<script>alert("1")</script>'


def test_grounds_lie_beneath_what_is_drawn():
    """A ground whose colour comes later must not cover a line that was drawn before."""
    line = Segment("─", Style(color="#ff0000", bgcolor="#000001"))
    other = Segment("─", Style(color="#ff0000", bgcolor="#000002"))
    fills = [path.get("fill") for path in drawn(line, other).iter(f"{SVG}path")]
    assert fills == ["#000001", "#000002", "#ff0000"]


def test_reverse_and_dim():
    root = drawn(Segment("a", Style(reverse=True)), Segment("b", Style(dim=True)))
    one, two = root.findall(f".//{SVG}text")
    assert one.get("fill") == DARK.ground and two.get("opacity") == "0.62"
    assert root.find(f"{SVG}path").get("fill") == DARK.ink


@pytest.mark.parametrize("sign, area", [("█", 1), ("▀", 0.5), ("▌", 0.5), ("▐", 0.5), ("▁", 1 / 8), ("▏", 1 / 8),
                                        ("▚", 0.5), ("▙", 0.75), ("░", 1)])  # fmt: skip
def test_blocks_fill_their_part_of_the_cell(sign, area):
    assert sum(width * height for _, _, width, height in boxes_of(sign)) == pytest.approx(area)


def test_braille_has_a_dot_for_each_bit():
    for bit, (column, row) in enumerate(BRAILLE):
        ((left, top, width, height),) = boxes_of(chr(0x2800 + (1 << bit)))
        assert int((left + width / 2) * 2) == column and int((top + height / 2) * 4) == row
    assert len([*boxes_of("⣿")]) == 8


@pytest.mark.parametrize("sign", "─│┌┐└┘├┤┬┴┼━╸╺┊╌╎")
def test_lines_of_frames_stay_in_their_cell_and_meet_their_neighbours(sign):
    boxes = [*boxes_of(sign)]
    assert boxes
    for left, top, width, height in boxes:
        assert left >= 0 and left + width <= 1 and top >= 0 and top + height <= 1
    if sign in "─┼━":
        assert min(left for left, *_ in boxes) == 0 and max(left + width for left, _, width, _ in boxes) == 1


def test_the_page_is_as_large_as_its_cells():
    root = ET.fromstring(svg([[Segment("ab")], [Segment("c ")]], WHITE, "x"))
    assert re.split(" ", root.get("viewBox"))[2:] == [f"{2 * WIDE:g}", f"{2 * HIGH:g}"]
    assert root.find(f"{SVG}rect").get("fill") == WHITE.ground
