"""The layers of a recipe's nets, of every variant: what each is, the shape it gives for one row, and its weights."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import cell_width, cut, pad, shown, wrapped
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.layer_query import Nets

WAITING = "Building the nets to read their layers. This takes some seconds; go on meanwhile."
NO_NET = "No net: this recipe learns without one."
BAR = 12  # cells of the longest bar
EIGHTHS = " ▏▎▍▌▋▊▉█"

Cells = list[tuple[str, str]]  # (text, role)


class LayerTable(ScrollView, can_focus=True):
    """A line a layer, under its net's role and variants. The bars are shares of the weights of the largest layer."""

    HELP = (
        "Layers\n"
        "The nets as they are built for these options: every layer, the shape it gives for one row, its weights. "
        "Variants with the same layers stand together. "
        "In the shell: dltui show NAME --layers."
    )
    HINT: ClassVar = (("↑↓", "scroll"), ("r", "run"), ("tab", "recipes"), ("esc", "recipes"))
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "by(-1)", "Up", show=False, id="layer_table.up"),
        Binding("down,j", "by(1)", "Down", show=False, id="layer_table.down"),
        Binding("pageup", "by(-10)", "Ten up", show=False, id="layer_table.page_up"),
        Binding("pagedown,space", "by(10)", "Ten down", show=False, id="layer_table.page_down"),
        Binding("home,g", "by(-100000)", "First", show=False, id="layer_table.first"),
        Binding("end,G", "by(100000)", "Last", show=False, id="layer_table.last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"layer-table--{name}" for name in ("net", "faint", "shape", "bar", "wrong")
    }
    DEFAULT_CSS = """
    LayerTable {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-color: $border-blurred;
        scrollbar-background: $background;
        padding: 0 1;
        .layer-table--net { color: $primary; text-style: bold; }
        .layer-table--faint { color: $text-muted; }
        .layer-table--shape { color: $accent; }
        .layer-table--bar { color: $primary; }
        .layer-table--wrong { color: $error; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.nets: Sequence[Nets] | None = None
        self.said = WAITING, ""
        self.rows: list[Cells] = []

    def show(self, nets: Sequence[Nets]) -> None:
        """Shows the nets that the engine told of."""
        self.nets = nets
        self._lay_out()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def say(self, text: str, role: str = "faint") -> None:
        """Shows a text in place of the nets: that they are on their way, or why there are none (role "wrong")."""
        if self.nets is not None or self.said != (text, role):
            self.nets, self.said = None, (text, role)
            self._lay_out()

    def _lay_out(self) -> None:
        width = max(8, self.scrollable_content_region.width)
        if self.nets is None:
            text, role = self.said
            self.rows = [[(line, role)] for line in wrapped(text, width)]
        elif not any(one.models for one in self.nets):
            self.rows = [[(line, "faint")] for line in wrapped(NO_NET, width)]
        else:
            self.rows = lines(self.nets, width, self.app.look)
        self.virtual_size = Size(width, len(self.rows))
        self.refresh()

    def action_by(self, count: int) -> None:
        self.scroll_to(y=self.scroll_y + count, animate=False)

    def on_resize(self) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        cells = self.rows[at] if at < len(self.rows) else []
        segments = [Segment(text, self._style(role)) for text, role in cells]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _style(self, role: str):
        return self.get_component_rich_style(f"layer-table--{role}") if role else None


def lines(nets: Sequence[Nets], width: int, look: TerminalCapabilities) -> list[Cells]:
    """Returns the nets as lines of cells with their roles, none wider than `width`."""
    found: list[Cells] = []
    for variants, models in nets:
        for role, layers in models.items():
            found += [[]] if found else []
            found += [*_heading(role, variants, layers, width, look), *_layer_lines(layers, width, look)]
        if not models:
            found += [[], *([(line, "faint")] for line in wrapped(f"No net: {', '.join(map(shown, variants))}", width))]
    return found


def _heading(
    role: str, variants: list[str], layers: list[dict], width: int, look: TerminalCapabilities
) -> Iterator[Cells]:
    """The net's role and weights; whose it is on the same line where there is room, else below."""
    weights = f"{sum(layer['params'] for layer in layers):,} weights"
    whose = f"of {', '.join(map(shown, variants))}" if variants != [""] else ""
    name = f"{shown(role)} {whose}".rstrip()
    if cell_width(f"{name} {weights}") <= width or not whose:
        yield _ends(name, weights, width, look)
        return
    yield _ends(shown(role), weights, width, look)
    for line in wrapped(whose, width):
        yield [(line, "faint")]


def _layer_lines(layers: list[dict], width: int, look: TerminalCapabilities) -> Iterator[Cells]:
    if layers:
        largest = max([1, *(layer["params"] for layer in layers)])
        rows = [(shown(layer["name"]), shown(layer["kind"]), _shape(layer["shape"], look), f"{layer['params']:,}")
                for layer in layers]  # fmt: skip
        names, kinds, shapes, weights = (max(map(cell_width, column), default=0) for column in zip(*rows, strict=True))
        room = width - kinds - shapes - weights - 3
        names = names if names + 1 <= room else 0  # where it is narrow, kinds and shapes tell more than names
        bar = BAR if room - names - 1 > BAR else 0
        for layer, (name, kind, shape, weight) in zip(layers, rows, strict=True):
            cells = [(f"{pad(name, names)} ", "faint")] if names else []
            cells += [(f"{pad(kind, kinds)} ", ""), (f"{pad(shape, shapes)} ", "shape")]
            cells.append((f"{weight:>{weights}} ", "" if layer["params"] else "faint"))
            if bar:
                cells.append((_bar(layer["params"] / largest, bar, look), "bar"))
            yield _within(cells, width, look)


def _ends(left: str, right: str, width: int, look: TerminalCapabilities) -> Cells:
    room = width - cell_width(right) - 1
    if room < 4:
        return [(cut(left, width, look), "net")]
    return [(pad(cut(left, room, look), room) + " ", "net"), (right, "faint")]


def _within(cells: Cells, width: int, look: TerminalCapabilities) -> Cells:
    kept: Cells = []
    for text, role in cells:
        size = min(cell_width(text), width)
        kept.append((pad(cut(text.rstrip(), size, look), size), role))
        width -= size
    return kept


def _shape(shape: list[int], look: TerminalCapabilities) -> str:
    return (" × " if look.unicode else " x ").join(map(str, shape)) or ("—" if look.unicode else "-")


def _bar(share: float, width: int, look: TerminalCapabilities) -> str:
    if not look.unicode:
        return "#" * round(share * width)
    whole, eighths = divmod(round(share * width * 8), 8)
    return "█" * whole + EIGHTHS[eighths].strip()
