"""How many parts of the recipes screen stand side by side: as many as the terminal has room for."""

from typing import NamedTuple

ONE, TWO, THREE = 40, 70, 110  # columns from which on one, two (tree, a part), all parts are seen side by side
WIDE = 140  # from which on the tree has room for titles beside the names, and the others have what they have at 120
LOW = 12  # rows below which nothing is


class Layout(NamedTuple):
    """parts: 1, or 2 (tree, a part), or 3 (tree, lesson, and options over layers); 0 where it is too small."""

    parts: int
    classes: dict[str, bool]  # of the screen


def layout(width: int, height: int) -> Layout:
    """Returns the layout of a screen of width x height cells."""
    seen = width >= ONE and height >= LOW
    parts = 0 if not seen else 3 if width >= THREE else 2 if width >= TWO else 1
    classes = {
        "-none": parts == 0,
        "-one": parts == 1,
        "-three": parts == 3,
        "-low": height < 22,
        "-wide": width >= WIDE,
    }
    return Layout(parts, classes)
