"""What a picture in the log can be: one frozen dataclass a kind, checked when the engine makes it.

A wrong field fails where it is made, not in front of a class. render/<type>.py draws it. An array is a nested list or
a numpy array here, and a nested list or {"file": NAME} (frames/NAME, .npy without pickle) in the log. What is left at
its default is not in the log.
"""

from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, ClassVar, Union, get_args, get_origin, get_type_hints

Array1 = Annotated[object, 1]  # (N,)
Array2 = Annotated[object, 2]  # (H, W)
PixelArray = Annotated[object, 2, 3]  # (H, W) or (H, W, 3) uint8
Sound = Annotated[object, "sound"]  # contracts.task.Sound in the engine, the name of a wav in the log


class Checked:
    """Checks the types of a dataclass's fields when it is made; nested tables become dataclasses."""

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():
            value = _checked(getattr(self, name), hint, f"{type(self).__name__}.{name}")
            object.__setattr__(self, name, value)

    def table(self) -> dict:
        """Returns the payload as the log holds it, arrays as they are."""
        kind = getattr(self, "type", "")
        found = {"type": kind} if kind else {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING or not _same(value, field.default):
                found[field.name] = _plain(value)
        return found


def _same(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default


def _plain(value: object) -> object:
    if isinstance(value, Checked):
        return value.table()
    if isinstance(value, list) and value and isinstance(value[0], Checked):
        return [item.table() for item in value]
    return value


@cache
def _hints(of: type) -> dict[str, object]:
    hints = get_type_hints(of, include_extras=True)
    return {field.name: hints[field.name] for field in fields(of)}


def _checked(value: object, hint: object, where: str) -> object:
    """Returns the value as its field holds it. Raises TypeError, saying where, for one of another type."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        if value is None:
            return value
        kinds = [one for one in get_args(hint) if one is not type(None)]
        if len(kinds) > 1 and not isinstance(value, (*kinds, int)):
            raise TypeError(f"{where} is a {type(value).__name__}, not a {hint}")
        return value if len(kinds) > 1 else _checked(value, kinds[0], where)
    if origin is Annotated:
        return _checked_array(value, hint.__metadata__, where)
    if origin is list:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{where} is a {type(value).__name__}, not a list")
        [inner] = get_args(hint)
        return [_checked(item, inner, f"{where}[{number}]") for number, item in enumerate(value)]
    if is_dataclass(hint):
        return value if isinstance(value, hint) else hint(**value)
    if origin is dict or hint is dict:
        allowed: tuple = (dict,)
    else:
        allowed = {float: (int, float), int: (int,), bool: (bool,)}.get(hint, (hint,))
    if hint is not object and (not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool)):
        raise TypeError(f"{where} is a {type(value).__name__}, not a {getattr(hint, '__name__', hint)}")
    return value


def check_logged(table: object) -> None:
    """Raises TypeError, saying where, for a payload of the log with a field of another type than its dataclass says.

    An array may be in a file there. A type or a field of another version is no fault, nor is a field that is missing:
    what is drawn of it says so.
    """
    kind = table.get("type") if isinstance(table, dict) else None
    if not isinstance(kind, str):
        raise TypeError("a payload is a table with a type")
    if kind in PAYLOADS:
        _check_logged_fields(table, PAYLOADS[kind])


def _check_logged_fields(table: object, of: type) -> None:
    if not isinstance(table, dict):
        raise TypeError(f"{of.__name__} is a {type(table).__name__}, not a table")
    for name, hint in _hints(of).items():
        if name in table:
            _check_logged(table[name], hint, f"{of.__name__}.{name}")


def _check_logged(value: object, hint: object, where: str) -> None:
    origin = get_origin(hint)
    kinds = [one for one in get_args(hint) if one is not type(None)] if origin in (Union, UnionType) else []
    if kinds and value is None:
        return
    if len(kinds) == 1:
        return _check_logged(value, kinds[0], where)
    if is_dataclass(hint):
        return _check_logged_fields(value, hint)
    if origin is list and is_dataclass(get_args(hint)[0]) and isinstance(value, list):
        for item in value:
            _check_logged_fields(item, get_args(hint)[0])
        return
    in_file = origin is Annotated and isinstance(value, dict) and value.keys() == {"file"}
    if not in_file:
        _checked(value, hint, where)


def _checked_array(value: object, dimensions: tuple, where: str) -> object:
    if dimensions == ("sound",):
        return value
    found = getattr(value, "ndim", None)
    if found is None:
        found, inner = 0, value
        while isinstance(inner, list | tuple):
            found, inner = found + 1, inner[0] if inner else 0.0
    empty = isinstance(value, list | tuple) and not value
    if found not in dimensions and not empty:
        raise TypeError(f"{where} has {found} dimensions, not {' or '.join(map(str, dimensions))}")
    return value


# -- parts of payloads -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Curve(Checked):
    """One of the curves of Lines."""

    name: str
    x: Array1
    y: Array1


@dataclass(frozen=True, kw_only=True)
class Box(Checked):
    """A box in one picture of a montage: [x1, y1, x2, y2] in pixels."""

    cell: int
    box: Array1
    label: str | None = None
    colour: int | None = None  # the number of a class
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Point(Checked):
    """A point in one picture of a montage: [x, y] in pixels; hollow where it ought to be."""

    cell: int
    at: Array1
    colour: int | None = None
    hollow: bool = False


@dataclass(frozen=True, kw_only=True)
class Marks(Checked):
    """Points to be told from the others: x (N,), y (N,), label (N,) class numbers; dx, dy where they move to.

    signs: each by a sign that covers what is beneath, as the centre of a cluster.
    """

    x: Array1
    y: Array1
    label: Array1
    signs: bool | None = None
    dx: Array1 | None = None
    dy: Array1 | None = None


@dataclass(frozen=True, kw_only=True)
class XY(Checked):
    """Places in a plane, or the way through them: x (N,), y (N,)."""

    x: Array1
    y: Array1


@dataclass(frozen=True, kw_only=True)
class Grid(Checked):
    """A grid of numbers: NaN is an empty cell; lit and now are [row, column] of cells that are told apart."""

    values: Array2
    title: str | None = None
    lit: Array2 | None = None
    now: Array2 | None = None
    edge: int | None = None  # cells of padding
    digits: int | None = None


@dataclass(frozen=True, kw_only=True)
class Node(Checked):
    """A node of a Graph."""

    label: str
    lit: bool = False


@dataclass(frozen=True, kw_only=True)
class Edge(Checked):
    """An edge of a Graph, from node to node by number; without a target it leads out."""

    source: int
    target: int | None = None
    above: str | float | None = None
    below: str | float | None = None


# -- payloads ----------------------------------------------------------------------------------------------------------


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
    """Array1 in named rows and columns: a confusion matrix."""

    type: ClassVar[str] = "matrix"
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


@dataclass(frozen=True, kw_only=True)
class Lines(Checked):
    """Curves over one axis."""

    type: ClassVar[str] = "lines"
    curves: list[Curve]
    x_title: str | None = None
    y_title: str | None = None
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, kw_only=True)
class Bars(Checked):
    """A bar a label; hollow: numbers of bars that are only hinted at."""

    type: ClassVar[str] = "bars"
    labels: list[str]
    values: Array1
    hollow: Array1 | None = None
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scatter(Checked):
    """Points of classes on a plane; behind: class -> its sign, or '' for none, where it stands back."""

    type: ClassVar[str] = "scatter"
    x: Array1
    y: Array1
    label: Array1
    classes: list[str]
    x_title: str | None = None
    y_title: str | None = None
    behind: dict | None = None
    paths: list[XY] | None = None
    marks: Marks | None = None


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
    scale: str | None = None  # linear, mel: how the rows divide hz
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
    columns: list[str]
    orders: list[list[str]]
    groups: dict | None = None  # name -> number
    cut: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tree(Checked):
    """Merges (M, 2): row m joins two nodes into node N + m at heights (M,)."""

    type: ClassVar[str] = "tree"
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
    values: Array2
    x: Array1  # [min, max]
    y: Array1
    names: list[str]
    trail_x: Array2
    trail_y: Array2
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
