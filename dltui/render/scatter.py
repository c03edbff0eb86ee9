"""Points of classes on a plane, as dots; each class's name stands where most of it is, else marks of its own."""

from itertools import pairwise

import numpy as np
from rich.style import Style

from dltui.render import axes, palette
from dltui.render import colour as colours
from dltui.render.canvas import Canvas
from dltui.render.cells import Line, cell_width, filled, message, shown
from dltui.render.legend import Entry, legend
from dltui.render.plane import numbered, places, span
from dltui.render.plane import titles as titles_of
from dltui.render.terminal_capabilities import TerminalCapabilities

GREY = 7  # the series that is grey
BOLD = Style(bold=True)
SHORT = 12  # cells of a name that may stand in the picture
PLUS = np.array([[0, -1, 0, 1, 0], [0, 0, -1, 0, 1]])  # dots of a mark: across, down
SHADES_OF_A_MIX = 6  # steps from none of a class to all of it, in a mixed colour
RECEDED = 0.25  # share by which grey dots go towards the ground: on black they must still be seen


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["x"], ["y"]: (N,); ["label"]: class numbers or names (N,).

    ["marks"]: places marked by more than a dot, in the colours of their classes; ["paths"]: lines over the points,
    those of one name in one colour;
    ["behind"]: classes in grey, and the signs of their points ('' for dots); ["shares"]: (N, classes), the classes'
    colours are mixed by them, where there are as many colours.
    """
    x, y = (np.asarray(payload[key], float) for key in "xy")
    labels, classes = numbered(payload.get("label", ()), payload.get("classes") or ())
    labels = labels if len(labels) == len(x) else np.zeros(len(x), np.intp)
    x_range, y_range = span(x, margin=0.03), span(y, margin=0.03)
    if x_range is None or y_range is None:
        return message("no points", width, height, look)
    behind = {shown(name): shown(sign) for name, sign in (payload.get("behind") or {}).items()}
    signs, inks = _signs(classes, behind, look), _inks(classes, behind, look)
    roomy = width >= 24 and height >= 8
    ways = payload.get("paths") or []
    traces = _traces(ways, len(classes), look)
    key = _key(classes, signs, inks, traces, width, min(3, height // 5), look) if roomy else []
    titles = titles_of(payload, height)
    left = height - len(key)
    columns, rows = axes.room(width, left, y_range, look, titled=bool(titles[1])) if roomy else (width, height)
    canvas = Canvas(columns, rows, look)
    across, down = places(x, *x_range, canvas.width), places(y, *y_range[::-1], canvas.height)
    for index in range(max(1, len(classes))):
        mine = (labels == index) & np.isfinite(across + down)
        as_text = classes and (look.colours == "none" or behind.get(classes[index]))
        sign = signs[index] if as_text else ""
        _draw(canvas, across[mine], down[mine], sign, inks[index])
    _mix(canvas, across, down, np.asarray(payload.get("shares", ()), float))
    for path in reversed(ways):  # the first lies on top
        _trace(canvas, path, x_range, y_range, traces.get(shown(path.get("name") or ""), BOLD))
    if payload.get("marks"):
        _mark(canvas, payload["marks"], x_range, y_range, classes)
    elif look.colours != "none" and len(classes) > 2 and roomy:
        _name(canvas, across, down, labels, ["" if name in behind else name for name in classes])
    lines = axes.frame(canvas.lines(), width, left, x_range, y_range, *titles, look) if roomy else canvas.lines()
    return filled(key + lines, width, height)


def _signs(classes: list[str], behind: dict[str, str], look: TerminalCapabilities) -> list[str]:
    """What stands for each class: the first letter of its name where these differ and colours are missing."""
    dot = "●" if look.unicode else "*"
    if look.colours != "none":
        return [_sign(behind.get(name, ""), dot, look) for name in classes] or [dot]
    letters = [_sign(behind[name], "·", look) if name in behind else name[:1] for name in classes]
    distinct = len(set(letters)) == len(letters) and all(
        cell_width(letter) == 1 and letter != " " for letter in letters
    )
    return letters if distinct and letters else [palette.mark(index) for index in range(max(1, len(classes)))]


def _sign(sign: str, otherwise: str, look: TerminalCapabilities) -> str:
    """A sign of one cell that the terminal has."""
    sign = sign if cell_width(sign) == 1 and sign != " " else otherwise
    return sign if look.unicode or sign.isascii() else {"·": "."}.get(sign, "x")


def _inks(classes: list[str], behind: dict[str, str], look: TerminalCapabilities) -> list[Style]:
    """How the points of each class are drawn."""
    grey = palette.series(GREY)
    signed, dotted = palette.ink(grey, look), palette.ink(palette.towards_ground(grey, RECEDED, look), look)
    return [
        (signed if behind[name] else dotted) if name in behind else palette.ink(palette.series(index), look)
        for index, name in enumerate(classes or [""])
    ]


def _key(
    classes: list[str],
    signs: list[str],
    inks: list[Style],
    traces: dict[str, Style],
    width: int,
    most: int,
    look: TerminalCapabilities,
) -> list[Line]:
    bold = BOLD if look.colours != "none" else Style.null()
    named = [index for index, name in enumerate(classes) if signs[index] != name]
    entries = [Entry(signs[index], inks[index] + bold, classes[index]) for index in named]
    entries += [Entry("━━" if look.unicode else "--", ink, name) for name, ink in traces.items()]
    return legend(entries, width, most, look)


def _draw(canvas: Canvas, across: np.ndarray, down: np.ndarray, sign: str, ink: Style) -> None:
    if not sign:
        canvas.dots(np.rint(across), np.rint(down), ink)
        return
    cells = np.unique(np.stack([np.rint(down) // 4, np.rint(across) // 2], -1).astype(np.intp), axis=0)
    for row, column in cells.tolist():
        canvas.text(column, row, sign, ink)


def _mix(canvas: Canvas, across: np.ndarray, down: np.ndarray, shares: np.ndarray) -> None:
    """Draws points again in the colours of their classes mixed by shares (N, classes); rounded, so that few differ."""
    if shares.ndim != 2 or len(shares) != len(across) or canvas.look.colours not in ("true", "256"):
        return
    rounded = np.rint(np.clip(np.nan_to_num(shares), 0, 1) * SHADES_OF_A_MIX).astype(np.intp)
    colour_of = np.array([colours.triplet(palette.series(index)) for index in range(shares.shape[1])])
    for mix in np.unique(rounded, axis=0):
        mine = (rounded == mix).all(1) & np.isfinite(across + down)
        if mix.any():
            channels = np.rint(mix @ colour_of / mix.sum()).astype(int).tolist()
            ink = palette.ink("#" + "".join(f"{channel:02x}" for channel in channels), canvas.look)
            canvas.dots(np.rint(across[mine]), np.rint(down[mine]), ink)


def _traces(ways: list[dict], classes: int, look: TerminalCapabilities) -> dict[str, Style]:
    """The names of paths, and how these are drawn: the first in the terminal's own ink, others unlike the classes."""
    names = dict.fromkeys(shown(path["name"]) for path in ways if path.get("name"))
    return {
        name: palette.ink(palette.series(classes + place), look) if place else BOLD for place, name in enumerate(names)
    }


def _trace(canvas: Canvas, path: dict, x_range: tuple[float, float], y_range: tuple[float, float], ink: Style) -> None:
    """Joins the places of a path."""
    x, y = (np.asarray(path[key], float) for key in "xy")
    across, down = places(x, *x_range, canvas.width), places(y, *y_range[::-1], canvas.height)
    known = np.isfinite(across + down)
    joined = np.stack([across, down], 1)[known].tolist()
    for (x0, y0), (x1, y1) in pairwise(joined):
        canvas.line(x0, y0, x1, y1, ink)


def _mark(
    canvas: Canvas, marks: dict, x_range: tuple[float, float], y_range: tuple[float, float], classes: list[str]
) -> None:
    """Puts five dots at the place of each mark, in the colour of its class: what runs through it stays visible.

    Where they are to have signs, or there are no dots or no colours: a sign on that colour.
    """
    x, y = (np.asarray(marks[key], float) for key in "xy")
    labels, _ = numbered(marks.get("label", ()), classes)
    across, down = places(x, *x_range, canvas.width), places(y, *y_range[::-1], canvas.height)
    sign = "✚" if canvas.look.unicode else "@"
    signs = marks.get("signs") or not canvas.look.unicode or canvas.look.colours == "none"
    inside = (across >= 0) & (across < canvas.width) & (down >= 0) & (down < canvas.height)
    for at in np.flatnonzero(inside).tolist():
        index, column, row = int(labels[at]) if at < len(labels) else 0, round(across[at]), round(down[at])
        if signs:
            canvas.text(column // 2, row // 4, sign, _on_ground(index, canvas.look))
        else:
            canvas.dots(column + PLUS[0], row + PLUS[1], palette.ink(palette.series(index), canvas.look))


def _name(canvas: Canvas, across: np.ndarray, down: np.ndarray, labels: np.ndarray, classes: list[str]) -> None:
    """Writes each class's name at the median of its points, or beside a name that stands there."""
    taken: set[tuple[int, int]] = set()
    for index, name in enumerate(classes):
        mine = (labels == index) & np.isfinite(across + down)
        if mine.any() and name and cell_width(name) == len(name) <= SHORT:
            column, row = int(np.median(across[mine])) // 2, int(np.median(down[mine])) // 4
            start = max(0, min(column - len(name) // 2, canvas.columns - len(name)))
            for line in (row, row - 1, row + 1):
                cells = {(line, start + place) for place in range(len(name))}
                if 0 <= line < canvas.rows and not cells & taken:
                    taken |= cells
                    canvas.text(start, line, name, _on_ground(index, canvas.look))
                    break


def _on_ground(index: int, look: TerminalCapabilities) -> Style:
    """Text on the colour of a class."""
    if look.colours == "none":
        return BOLD
    ground = palette.code(palette.series(index), look)
    return colours.style(colours.readable(ground, look), ground, bold=True)
