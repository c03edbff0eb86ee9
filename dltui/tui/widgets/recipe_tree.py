"""The course: its topics, and under each its recipes at their places, with how they stand here."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import cell_width, pad
from dltui.tui import recipe_rows
from dltui.tui.recipe_index import Entry
from dltui.tui.recipe_rows import GLYPHS, Standing, TreeRow

PLAIN, REVERSED = Style(), Style(reverse=True)  # without colours the cursor must be seen all the same


class RecipeTree(ScrollView, can_focus=True):
    """A row a topic, and under it a row a recipe, unless the topic is folded."""

    HELP = (
        "The course\n"
        "Everything the lab teaches, in the order in which it is best taken. ✓ the recipe was run here and met its "
        "claim, ✗ it did not, ● it runs now, ! it failed, · it ran and nothing was claimed, → it comes next. "
        "In the shell: dltui course, dltui list, dltui show NAME."
    )
    HINT: ClassVar = (
        ("↑↓", "choose"),
        ("r", "run"),
        ("enter", "read, change"),
        ("/", "search"),
        ("tab", "next part"),
        ("?", "keys"),
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="recipe_tree.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="recipe_tree.down"),
        Binding("pageup", "page(-1)", "A page up", show=False, id="recipe_tree.page_up"),
        Binding("pagedown", "page(1)", "A page down", show=False, id="recipe_tree.page_down"),
        Binding("home,g", "edge(0)", "First", show=False, id="recipe_tree.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="recipe_tree.last"),
        Binding("left,h", "fold", "Fold the topic", show=False, id="recipe_tree.fold"),
        Binding("right", "unfold", "Unfold the topic", show=False, id="recipe_tree.unfold"),
        Binding("enter,space", "open", "Read the recipe; fold or unfold a topic", id="recipe_tree.open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"recipe-tree--{name}" for name in ("topic", "faint", "match", "cursor", *GLYPHS)
    }
    DEFAULT_CSS = """
    RecipeTree {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-color: $border-blurred;
        scrollbar-background: $background;
        .recipe-tree--topic { color: $primary; text-style: bold; }
        .recipe-tree--faint { color: $text-muted; }
        .recipe-tree--match { text-style: underline; }
        .recipe-tree--cursor { color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background; text-style: $block-cursor-blurred-text-style; }
        &:focus .recipe-tree--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style; }
        .recipe-tree--live { color: $accent; text-style: bold; }
        .recipe-tree--met { color: $success; text-style: bold; }
        .recipe-tree--missed { color: $error; text-style: bold; }
        .recipe-tree--failed { color: $error; text-style: bold; }
        .recipe-tree--ran { color: $text-muted; }
        .recipe-tree--next { color: $accent; text-style: bold; }
    }
    """  # noqa: E501 a rule of CSS on one line each

    class Chosen(Message):
        """The cursor stands on another recipe, or, where `entry` is None, on a topic."""

        def __init__(self, topic: str, entry: Entry | None):
            super().__init__()
            self.topic, self.entry = topic, entry

    class Opened(Message):
        """The recipe under the cursor is wanted, not only looked at."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.entries: Sequence[Entry] = ()
        self.query_text = ""
        self.folded: set[str] = set()
        self.standing: Standing | None = None  # until the runs were read
        self.rows: list[TreeRow] = []
        self.cursor = 0
        self._name_width = 0
        self._base: Style | None = None

    # -- what it shows -------------------------------------------------------------------------------------------------

    def show(self, entries: Sequence[Entry]) -> None:
        """Takes the place of the recipes that were shown; the cursor stays on the recipe it was on."""
        staying = self.entry
        self.entries = entries
        self._name_width = max((cell_width(entry.name) for entry in entries), default=0)
        self._lay_out(staying)

    def search_for(self, query: str) -> None:
        """Leaves the recipes that hold every word of `query`; the cursor goes to the first by heading."""
        if query == self.query_text:
            return
        staying = None if query.strip() else self.entry
        self.query_text = query
        self._lay_out(staying)
        if staying is None and self.rows:
            first = next((i for i, row in enumerate(self.rows) if row.hit and row.hit.by_heading), 1)
            self._move_to(first)
            self._tell()

    def show_standing(self, standing: Standing) -> None:
        """How the recipes stand here."""
        if standing != self.standing:
            self.standing = standing
            self.refresh()

    def choose(self, name: str, *, tell: bool = True) -> bool:
        """Puts the cursor on the recipe of this name or word, and tells so; returns whether there is one."""
        entry = next((entry for entry in self.entries if name in (entry.name, entry.word)), None)
        if entry is None:
            return False
        self.folded.discard(entry.topic)
        self._lay_out(entry)
        if tell:
            self._tell()
        return True

    @property
    def entry(self) -> Entry | None:
        """The recipe under the cursor; None on a topic, and where nothing was found."""
        row = self.rows[self.cursor] if self.cursor < len(self.rows) else None
        return row.hit.entry if row and row.hit else None

    @property
    def found(self) -> int:
        """How many recipes the search has left."""
        return sum(row.count for row in self.rows)

    def _lay_out(self, staying: Entry | None) -> None:
        """Makes the rows anew, and puts the cursor on the recipe `staying`, else where it was."""
        self.rows = recipe_rows.rows(self.entries, self.query_text, self.folded)
        word = staying.word if staying else None
        kept = next((i for i, row in enumerate(self.rows) if word and row.hit and row.hit.entry.word == word), None)
        if kept is None:
            kept = max(0, min(self.cursor, len(self.rows) - 1))
            if self.cursor == 0 and len(self.rows) > 1 and not self.folded:
                kept = 1  # the first recipe, not its topic: `r` at once runs something
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows))
        self.cursor = kept
        self.refresh()
        self._scroll_to_cursor()

    # -- the cursor ----------------------------------------------------------------------------------------------------

    def _move_to(self, row: int) -> None:
        before, self.cursor = self.cursor, max(0, min(row, len(self.rows) - 1))
        self.refresh_line(before)
        self.refresh_line(self.cursor)
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        top = self.cursor - (self.cursor == 1)  # the first topic's heading comes into sight with its first recipe
        if not self.size.height:
            return  # not laid out yet: the cursor would be made the first line, whatever stands above it
        self.scroll_to_region(Region(0, top, 1, 1 + self.cursor - top), animate=False, force=True)

    def _tell(self) -> None:
        if self.rows:
            # ours, whoever moved the cursor: Textual carries a message no further than to who is taken for its sender
            self.post_message(self.Chosen(self.rows[self.cursor].topic, self.entry).set_sender(self))

    def action_move(self, by: int) -> None:
        if self.rows and 0 <= self.cursor + by < len(self.rows):
            self._move_to(self.cursor + by)
            self._tell()

    def action_page(self, by: int) -> None:
        self._move_to(self.cursor + by * max(1, self.scrollable_content_region.height - 1))
        self._tell()

    def action_edge(self, end: int) -> None:
        self._move_to(len(self.rows) - 1 if end else 0)
        self._tell()

    def action_fold(self) -> None:
        """On a recipe: to its topic. On a topic: folds it."""
        row = self.rows[self.cursor] if self.rows else None
        if row and row.hit:
            self._move_to(next(i for i, other in enumerate(self.rows) if other.topic == row.topic))
            self._tell()
        elif row and not self.query_text.strip() and row.topic not in self.folded:
            self._toggle(row.topic)

    def action_unfold(self) -> None:
        row = self.rows[self.cursor] if self.rows else None
        if row and not row.hit and row.topic in self.folded:
            self._toggle(row.topic)
        else:
            self.action_move(1)

    def action_open(self) -> None:
        row = self.rows[self.cursor] if self.rows else None
        if row and row.hit:
            self.post_message(self.Opened())
        elif row and not self.query_text.strip():
            self._toggle(row.topic)

    def _toggle(self, topic: str) -> None:
        self.folded ^= {topic}
        at = self.cursor
        self._lay_out(None)
        self._move_to(at)

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row >= len(self.rows):
            return
        again = row == self.cursor
        self._move_to(row)
        self._tell()
        if again or not self.rows[row].hit:
            self.action_open()

    # -- drawing -------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows))
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self.refresh()

    @property
    def _own_style(self) -> Style:
        """The widget's own style, kept: Textual gathers it from every ancestor at each look."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        if not self.rows and y == 1:
            text = "  Nothing has these words." if self.entries else "  No recipes here."
            return Strip([Segment(pad(text, width), self._style("faint"))]).apply_style(self._own_style)
        if at >= len(self.rows):
            return Strip.blank(width, self._own_style)
        cells = self._cells(self.rows[at], width)
        if at == self.cursor:
            cursor = self._style("cursor") + (REVERSED if self.app.look.colours == "none" else PLAIN)
            segments = [Segment(text, cursor) for text, _ in cells]
        else:
            segments = [Segment(text, self._style(role) if role else None) for text, role in cells]
        return Strip(segments).adjust_cell_length(width).apply_style(self._own_style)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"recipe-tree--{name}")

    def _cells(self, row: TreeRow, width: int) -> recipe_rows.Cells:
        look, standing, query = self.app.look, self.standing, self.query_text
        if row.hit:
            return recipe_rows.recipe_cells(
                row.hit, width, look, standing=standing, query=query, name_width=self._name_width
            )
        folded = row.topic in self.folded and not query.strip()
        return recipe_rows.topic_cells(row, width, look, folded=folded, standing=standing, query=query)
