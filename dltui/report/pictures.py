"""A picture of a log as a page shows it: pixels as pixels, tables as tables, all else as the terminal draws it."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from PIL import Image

from dltui.render import frames
from dltui.render.cells import shown
from dltui.render.number import short
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.report import cells_svg
from dltui.text import clean

# columns and lines that a picture is drawn on: planes nearly square, montages and the rest as wide as a page
PLANES, SQUARE, WIDE = ("field", "scatter", "contour", "heat"), (72, 34), (100, 30)
MOST_TILES = 120  # of a montage that is shown tile by tile, with its captions
SHARP = 256  # pixels that the shorter side of a picture has at least, in whole multiples
MOST_CELLS = 900  # of a table of numbers; a larger one is drawn as colours


class Picture(NamedTuple):
    """One pane: its title, and what is shown of it, as markup."""

    title: str
    step: int
    markup: Markup


def of_event(event: dict, frames_dir: Path) -> Picture:
    """Returns the picture of a `frame` event. What is wrong with its files stands in its place."""
    title = _title(event)
    try:
        payload = frames.resolve(event["payload"], frames_dir)
        markup = _native(payload, title)
    except Exception:  # a log may come from anywhere; the terminal's picture says what is wrong with it
        markup = None
    return Picture(title, event["step"], markup) if markup is not None else drawn(event, frames_dir)


def drawn(event: dict, frames_dir: Path) -> Picture:
    """Returns the terminal's picture of a `frame` event, for a light page and for a dark one."""
    of_page, title = {}, _title(event)
    for dark, page in ((True, cells_svg.DARK), (False, cells_svg.WHITE)):
        size = SQUARE if (event.get("payload") or {}).get("type") in PLANES else WIDE
        lines = frames.picture(event, frames_dir, *size, TerminalCapabilities(dark=dark))
        of_page[dark] = base64.b64encode(cells_svg.svg(lines, page, title).encode()).decode()
    markup = Markup(
        '<picture><source media="screen and (prefers-color-scheme: dark)" srcset="data:image/svg+xml;base64,{}">'
        '<img src="data:image/svg+xml;base64,{}" alt="{}"></picture>'
    ).format(of_page[True], of_page[False], f"{title}, as the terminal shows it")
    return Picture(title, event["step"], markup)


def _title(event: dict) -> str:
    return " · ".join(shown(part) for part in (event["pane"], event["series"]) if part)


def _native(payload: dict, title: str) -> Markup | None:
    """The picture by a page's own means; None where the terminal's is better."""
    kind = payload["type"]
    if kind == "image":
        return _montage(payload, title)
    if kind == "matrix" and np.size(payload["values"]) <= MOST_CELLS:
        return _matrix(payload)
    if kind == "table":
        return _table(payload)
    if kind == "text":
        return Markup('<pre class="said" tabindex="0">{}</pre>').format(clean(payload["text"]))
    return None


def _montage(payload: dict, title: str) -> Markup:
    pixels, rows, columns = np.asarray(payload["pixels"]), payload["rows"], payload["columns"]
    captions = [shown(caption) for caption in payload.get("captions") or ()]
    titles = [shown(name) for name in payload.get("row_titles") or ()]
    if rows * columns > MOST_TILES or not (captions or titles):
        return _image(pixels, shown(payload.get("title") or title))
    high, wide = pixels.shape[0] // rows, pixels.shape[1] // columns
    lines = []
    for row in range(rows):
        cells = []
        for column in range(columns):
            place = row * columns + column
            if captions and place >= len(captions):  # the last places of a montage may hold no picture
                continue
            caption = captions[place] if place < len(captions) else ""
            tile = pixels[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            alt = "" if caption else f"{title}, row {row + 1}, column {column + 1}"
            cells.append(Markup("<td>{}<span>{}</span></td>").format(_image(tile, alt), caption))
        head = Markup('<th scope="row">{}</th>').format(titles[row]) if row < len(titles) else ""
        lines.append(Markup("<tr>{}{}</tr>").format(head, Markup("").join(cells)))
    return Markup('<div class="wide" tabindex="0"><table class="tiles">{}</table></div>').format(Markup("").join(lines))


def _image(pixels: np.ndarray, alt: str) -> Markup:
    """pixels (H, W) or (H, W, 3) uint8 -> an <img> that carries them."""
    times = max(1, SHARP // max(1, min(pixels.shape[:2])))
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", optimize=True)
    height, width = pixels.shape[:2]
    return Markup('<img class="pixels" src="data:image/png;base64,{}" alt="{}" width="{}" height="{}">').format(
        base64.b64encode(file.getvalue()).decode(), alt, width * times, height * times
    )


def _matrix(payload: dict) -> Markup:
    """Numbers in named rows and columns, darker where they are greater; the diagonal is that of a confusion matrix."""
    values = np.asarray(payload["values"], float)
    greatest = np.nanmax(np.abs(values), initial=0.0) or 1.0
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(shown(name)) for name in payload["columns"])
    lines = []
    for name, row in zip(payload["rows"], values.tolist(), strict=True):
        cells = (
            Markup('<td style="--share:{:.3f}">{}</td>').format(
                min(1.0, abs(value) / greatest) if value == value else 0, short(value)
            )
            for value in row
        )
        lines.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(shown(name), Markup("").join(cells)))
    return Markup(
        '<div class="wide" tabindex="0"><table class="matrix"><thead><tr><td class="corner">{} ↓ {} →</td>{}</tr>'
        "</thead><tbody>{}</tbody></table></div>"
    ).format(shown(payload["row_title"]), shown(payload["column_title"]), head, Markup("").join(lines))


def _table(payload: dict) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(shown(name)) for name in payload["columns"])
    lines = []
    for row in payload["rows"]:
        cells = (
            Markup('<td class="number">{}</td>').format(short(cell))
            if isinstance(cell, int | float) and not isinstance(cell, bool)
            else Markup("<td>{}</td>").format("" if cell is None else shown(cell))
            for cell in row
        )
        lines.append(Markup("<tr>{}</tr>").format(Markup("").join(cells)))
    return Markup(
        '<div class="wide" tabindex="0"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(head, Markup("").join(lines))
