"""What payloads are made of: one frozen dataclass a part, checked when the engine makes it."""

from dataclasses import dataclass
from typing import ClassVar

from dltui.runs.payload_checks import Array1, Array2, Checked


@dataclass(frozen=True, kw_only=True)
class Curve(Checked):
    """One of the curves of Lines."""

    ALIKE: ClassVar = (("x", "y"),)
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

    ALIKE: ClassVar = (("x", "y", "label", "dx", "dy"),)
    x: Array1
    y: Array1
    label: Array1
    signs: bool | None = None
    dx: Array1 | None = None
    dy: Array1 | None = None


@dataclass(frozen=True, kw_only=True)
class XY(Checked):
    """Places in a plane: x (N,), y (N,)."""

    ALIKE: ClassVar = (("x", "y"),)
    x: Array1
    y: Array1


@dataclass(frozen=True, kw_only=True)
class Path(Checked):
    """A line through places of a plane: x (N,), y (N,); what bears one name has one colour, and is named."""

    ALIKE: ClassVar = (("x", "y"),)
    x: Array1
    y: Array1
    name: str | None = None


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
