"""What a picture in the log can be: one frozen dataclass a kind, checked when the engine makes it.

A wrong field fails where it is made (see payload_checks.py), not in front of a class. render/<type>.py draws it. What
is left at its default is not in the log. What payloads are made of stands in payload_parts.py.
"""

from dataclasses import dataclass
from typing import ClassVar

from dltui.runs.payload_checks import Array1, Array2, Checked, PixelArray, Sound, check_logged_fields
from dltui.runs.payload_parts import XY, Box, Curve, Edge, Grid, Marks, Node, Path, Point


@dataclass(frozen=True, kw_only=True)
class Image(Checked):
    """A montage of rows x columns pictures of one size; `row_titles` say what each row holds of the same things."""

    type: ClassVar[str] = "image"
    pixels: PixelArray
    rows: int
    columns: int
    row_titles: list[str] | None = None
    captions: list[str] | None = None
    title: str | None = None
    least: int | None = None


@dataclass(frozen=True, kw_only=True)
class Boxes(Checked):
    """As Image, and what stands in the pictures: boxes, points, masks (a class number + 1 a pixel, 0 for none)."""

    type: ClassVar[str] = "boxes"
    pixels: PixelArray
    rows: int
    columns: int
    captions: list[str] | None = None
    title: str | None = None
    least: int | None = None
    boxes: list[Box] | None = None
    points: list[Point] | None = None
    masks: Array2 | None = None
    classes: list[str] | None = None  # their key


@dataclass(frozen=True, kw_only=True)
class Matrix(Checked):
    """Numbers in named rows and columns: a confusion matrix."""

    type: ClassVar[str] = "matrix"
    SIZED: ClassVar = {"values": ("rows", "columns")}
    values: Array2
    rows: list[str]
    columns: list[str]
    row_title: str
    column_title: str


@dataclass(frozen=True, kw_only=True)
class Field(Checked):
    """A function on a plane, values (H, W) in 0..1 or class numbers, and points on it."""

    type: ClassVar[str] = "field"
    values: Array2
    x: Array1  # [min, max]
    y: Array1
    points: Marks
    classes: list[str]
    x_title: str
    y_title: str


@dataclass(frozen=True, kw_only=True)
class Lines(Checked):
    """Curves over one axis."""

    type: ClassVar[str] = "lines"
    curves: list[Curve]
    x_title: str
    y_title: str
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, kw_only=True)
class Bars(Checked):
    """A bar a label; hollow: numbers of bars that are only hinted at."""

    type: ClassVar[str] = "bars"
    ALIKE: ClassVar = (("labels", "values"),)
    labels: list[str]
    values: Array1
    hollow: Array1 | None = None
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scatter(Checked):
    """Points of classes on a plane; behind: class -> its sign, or '' for none, where it stands back.

    shares: (N, classes) in 0..1, how much each point is of each class: its colour is theirs mixed.
    """

    type: ClassVar[str] = "scatter"
    ALIKE: ClassVar = (("x", "y", "label", "shares"),)
    x: Array1
    y: Array1
    label: Array1
    classes: list[str]
    x_title: str
    y_title: str
    behind: dict | None = None
    paths: list[Path] | None = None
    marks: Marks | None = None
    shares: Array2 | None = None


@dataclass(frozen=True, kw_only=True)
class Heat(Checked):
    """A matrix as colours."""

    type: ClassVar[str] = "heat"
    values: Array2
    x_title: str | None = None
    y_title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alignment(Checked):
    """Which word looks at which: weights in 0..1, NaN where it is barred or not yet there."""

    type: ClassVar[str] = "alignment"
    SIZED: ClassVar = {"weights": ("rows", "columns")}
    weights: Array2
    rows: list[str]
    columns: list[str]
    row_title: str | None = None
    column_title: str | None = None
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Spectrogram(Checked):
    """values dB (F, T), the lowest frequency first, NaN where it is not yet heard."""

    type: ClassVar[str] = "spectrogram"
    values: Array2
    hz: Array1  # [min, max]
    seconds: Array1
    db: Array1
    scale: str | None = None  # linear, mel, log: how the rows divide hz
    title: str | None = None
    sound: Sound | None = None


@dataclass(frozen=True, kw_only=True)
class Table(Checked):
    """Cells of text or numbers under named columns."""

    type: ClassVar[str] = "table"
    columns: list[str]
    rows: list[list]


@dataclass(frozen=True, kw_only=True)
class Ranks(Checked):
    """Orders of names, the best first, a column each; cut: how many first places count."""

    type: ClassVar[str] = "ranks"
    ALIKE: ClassVar = (("columns", "orders"),)
    columns: list[str]
    orders: list[list[str]]
    groups: dict | None = None  # name -> number
    cut: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tree(Checked):
    """Merges (M, 2): row m joins two nodes into node N + m at heights (M,)."""

    type: ClassVar[str] = "tree"
    ALIKE: ClassVar = (("merges", "heights"),)
    merges: Array2
    heights: Array1
    label: Array1 | None = None  # of the N leaves, numbers of clusters
    leaves: list[str] | None = None
    shown: Array1 | None = None  # [first row, last + 1]
    cut: float | None = None  # height
    y_title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Text(Checked):
    """Plain text."""

    type: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, kw_only=True)
class Spans(Checked):
    """Parts of a text, each with a value (NaN: none) or the number of a class (-1: none)."""

    type: ClassVar[str] = "spans"
    ALIKE: ClassVar = (("parts", "values", "label"),)
    parts: list[str]
    values: Array1 | None = None
    label: Array1 | None = None
    limits: Array1 | None = None  # [min, max]
    unit: str | None = None
    classes: list[str] | None = None
    marked: Array1 | None = None  # numbers of parts
    mark: str | None = None  # what it means
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Contour(Checked):
    """A landscape of heights (H, W) and the ways of N points through it, each (N, T)."""

    type: ClassVar[str] = "contour"
    ALIKE: ClassVar = (("names", "trail_x", "trail_y"),)
    values: Array2
    x: Array1  # [min, max]
    y: Array1
    names: list[str]
    trail_x: Array2
    trail_y: Array2
    x_title: str
    y_title: str
    marks: XY | None = None


@dataclass(frozen=True, kw_only=True)
class Grids(Checked):
    """Grids of numbers side by side, with signs between them."""

    type: ClassVar[str] = "grids"
    grids: list[Grid]
    signs: list[str] | None = None
    title: str | None = None
    caption: str | None = None


@dataclass(frozen=True, kw_only=True)
class Graph(Checked):
    """Nodes and edges; above and below tell what the numbers on edges are."""

    type: ClassVar[str] = "graph"
    nodes: list[Node]
    edges: list[Edge]
    above: str | None = None
    below: str | None = None
    title: str | None = None
    caption: str | None = None


PAYLOADS = {
    one.type: one
    for one in (
        Image, Boxes, Matrix, Field, Lines, Bars, Scatter, Heat, Alignment, Spectrogram, Table, Ranks, Tree, Text,
        Spans, Contour, Grids, Graph,
    )
}  # fmt: skip


def of_table(table: dict) -> Checked:
    """Returns the payload of a table with its `type`. Raises TypeError for a wrong field, KeyError for a type."""
    return PAYLOADS[table["type"]](**{key: value for key, value in table.items() if key != "type"})


def check_logged(table: object) -> None:
    """Raises TypeError, saying where, for a payload of the log with a field of another type than its dataclass says.

    An array may be in a file there. A type or a field of another version is no fault, nor is a field that is missing:
    what is drawn of it says so.
    """
    kind = table.get("type") if isinstance(table, dict) else None
    if not isinstance(kind, str):
        raise TypeError("a payload is a table with a type")
    if kind in PAYLOADS:
        check_logged_fields(table, PAYLOADS[kind])
