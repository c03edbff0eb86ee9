"""Golden pictures: what a renderer draws is compared with a text file that a person has looked at.

DLTUI_UPDATE_GOLDEN=1 writes the files anew; look at their difference before you keep them.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment

from dltui.render.terminal_capabilities import TerminalCapabilities

GOLDEN = Path(__file__).parent / "golden"
LOOKS = {
    "true": TerminalCapabilities(),
    "256": TerminalCapabilities(colours="256"),
    "none": TerminalCapabilities(colours="none"),
    "ascii": TerminalCapabilities(unicode=False, colours="none"),
}
# (width, height, look, whether styles are written too)
CASES = [
    (60, 15, "true", True),
    (60, 15, "256", True),
    (60, 15, "none", False),
    (60, 15, "ascii", False),
    (160, 50, "true", False),
    (160, 50, "none", False),
]


def plain(lines: list[list[Segment]]) -> list[str]:
    """Returns the text of lines."""
    return ["".join(segment.text for segment in line) for line in lines]


def widths(lines: list[list[Segment]]) -> set[int]:
    """Returns the widths in cells that lines have."""
    return {sum(cell_len(segment.text) for segment in line) for line in lines}


def written(lines: list[list[Segment]]) -> list[str]:
    """Returns lines with their styles in words: {#56b4e9 on #000000 bold}text{}."""
    return ["".join(_segment(segment) for segment in line) for line in lines]


def _segment(segment: Segment) -> str:
    style = segment.style
    if not style:
        return segment.text
    words = [_name(style.color)] if style.color else []
    words += ["on", _name(style.bgcolor)] if style.bgcolor else []
    words += [word for word in ("bold", "dim") if getattr(style, word)]
    return f"{{{' '.join(words)}}}{segment.text}{{}}" if words else segment.text


def _name(colour: Color) -> str:
    return colour.triplet.hex if colour.triplet else str(colour.number)


@pytest.fixture
def golden() -> Callable[[str, list[str]], None]:
    """Compares lines of text with the golden file of a name."""

    def compare(name: str, lines: list[str]) -> None:
        path, text = GOLDEN / f"{name}.txt", "".join(f"{line}\n" for line in lines)
        if os.environ.get("DLTUI_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()

    return compare


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}x{case[1]}-{case[2]}")
def drawn_as_golden(request: pytest.FixtureRequest, golden: Callable) -> Callable:
    """Draws a payload at one of the golden sizes and looks, and compares."""
    width, height, look, styled = request.param

    def check(name: str, render: Callable, payload: dict) -> None:
        lines = render(payload, width, height, LOOKS[look])
        golden(f"{name}-{width}x{height}-{look}", (written if styled else plain)(lines))

    return check
