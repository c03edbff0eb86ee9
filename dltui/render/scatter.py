"""Points of classes on a plane, as dots; each class's name stands where most of it is."""

import numpy as np

from dltui.render import axes, palette
from dltui.render import colour as colours
from dltui.render.canvas import Canvas
from dltui.render.cells import Line, cell_width, filled, message, shown
from dltui.render.legend import Entry, legend
from dltui.render.look import Look
from dltui.render.plane import numbered, places, span

SHORT = 12  # cells of a name that may stand in the picture


def render(payload: dict, width: int, height: int, look: Look) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["x"], ["y"]: (N,); ["label"]: class numbers or names (N,)."""
    x, y = (np.asarray(payload[key], float) for key in "xy")
    labels, classes = numbered(payload.get("label", ()), payload.get("classes") or ())
    labels = labels if len(labels) == len(x) else np.zeros(len(x), np.intp)
    x_range, y_range = span(x, margin=0.03), span(y, margin=0.03)
    if x_range is None or y_range is None:
        return message("no points", width, height, look)
    signs = _signs(classes, look)
    roomy = width >= 24 and height >= 8
    key = _key(classes, signs, width, min(2, height // 6), look) if roomy else []
    titles = [shown(payload.get(f"{axis}_title") or "") for axis in "xy"]
    left = height - len(key)
    columns, rows = axes.room(width, left, y_range, look, titled=bool(titles[1])) if roomy else (width, height)
    canvas = Canvas(columns, rows, look)
    across, down = places(x, *x_range, canvas.width), places(y, *y_range[::-1], canvas.height)
    for index in range(max(1, len(classes))):
        mine = (labels == index) & np.isfinite(across + down)
        _draw(canvas, across[mine], down[mine], signs[index] if look.colours == "none" and classes else "", index)
    if look.colours != "none" and len(classes) > 2 and roomy:
        _name(canvas, across, down, labels, classes)
    lines = axes.frame(canvas.lines(), width, left, x_range, y_range, *titles, look) if roomy else canvas.lines()
    return filled(key + lines, width, height)


def _signs(classes: list[str], look: Look) -> list[str]:
    """What stands for each class: the first letter of its name where these differ and colours are missing."""
    if look.colours != "none":
        return ["●" if look.unicode else "*"] * max(1, len(classes))
    letters = [name[:1] for name in classes]
    distinct = len(set(letters)) == len(letters) and all(
        cell_width(letter) == 1 and letter != " " for letter in letters
    )
    return letters if distinct and letters else [palette.mark(index) for index in range(max(1, len(classes)))]


def _key(classes: list[str], signs: list[str], width: int, most: int, look: Look) -> list[Line]:
    if signs == classes:
        return []
    entries = [
        Entry(signs[index], palette.ink(palette.series(index), look, bold=True), name)
        for index, name in enumerate(classes)
    ]
    return legend(entries, width, most, look)


def _draw(canvas: Canvas, across: np.ndarray, down: np.ndarray, sign: str, index: int) -> None:
    if not sign:
        canvas.dots(np.rint(across), np.rint(down), palette.ink(palette.series(index), canvas.look))
        return
    cells = np.unique(np.stack([np.rint(down) // 4, np.rint(across) // 2], -1).astype(np.intp), axis=0)
    for row, column in cells.tolist():
        canvas.text(column, row, sign, "")


def _name(canvas: Canvas, across: np.ndarray, down: np.ndarray, labels: np.ndarray, classes: list[str]) -> None:
    """Writes each class's name at the median of its points."""
    for index, name in enumerate(classes):
        mine = (labels == index) & np.isfinite(across + down)
        if mine.any() and name and cell_width(name) == len(name) <= SHORT:
            ground = palette.code(palette.series(index), canvas.look)
            column, row = int(np.median(across[mine])) // 2, int(np.median(down[mine])) // 4
            start = max(0, min(column - len(name) // 2, canvas.columns - len(name)))
            canvas.text(start, row, name, colours.style(colours.readable(ground, canvas.look), ground, bold=True))
