"""The topics and their recipes: each with how long it takes, what it claims, and how it stands here."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import cell_width, cut, pad
from dltui.runs.recipe_status import Mark
from dltui.tui.recipe_index import Entry, Hit, search, stems, topic_title

GLYPHS = {"live": "●", "met": "✓", "missed": "✗", "failed": "!", "ran": "·"}
PLAIN_GLYPHS = {"live": ">", "met": "+", "missed": "x", "failed": "!", "ran": "."}
PLAIN, REVERSED = Style(), Style(reverse=True)  # without colours the cursor must be seen all the same
LONGEST_NAME = 26
CLAIMS_FROM = 24  # cells that must be left for the claims to be worth a column


class TreeRow(NamedTuple):
    """A topic's heading, with how many recipes are under it, or one recipe."""

    topic: str
    count: int = 0
    hit: Hit | None = None


def duration(seconds: float) -> str:
    """Returns a time as the tree shows it: "90 s", "4 min", "2 h"; '' for none."""
    if seconds <= 0:
        return ""
    return (
        f"{seconds:.0f} s"
        if seconds < 100
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.0f} h"
    )


class RecipeTree(ScrollView, can_focus=True):
    """A row a topic, and under it a row a recipe, unless the topic is folded."""

    HELP = (
        "Recipes\n"
        "Everything the lab teaches, by topic. ✓ it was run here and met its claim, ✗ it did not, ● it runs now, "
        "! it failed, · it ran and nothing was claimed. In the shell: dltui list, dltui show NAME."
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
        self.marks: Mapping[str, Mark] = {}
        self.rows: list[TreeRow] = []
        self.cursor = 0
        self._base: Style | None = None

    # -- what it shows -------------------------------------------------------------------------------------------------

    def show(self, entries: Sequence[Entry]) -> None:
        """Takes the place of the recipes that were shown; the cursor stays on the recipe it was on."""
        self.entries = entries
        self._lay_out(self.entry)

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

    def show_marks(self, marks: Mapping[str, Mark]) -> None:
        """How the recipes stand here, by name."""
        if marks != self.marks:
            self.marks = marks
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
        topics: dict[str, list[Hit]] = {}
        for hit in search(self.entries, self.query_text):
            topics.setdefault(hit.entry.topic, []).append(hit)
        self.rows = []
        for topic, hits in topics.items():
            self.rows.append(TreeRow(topic, len(hits)))
            if self.query_text.strip() or topic not in self.folded:
                self.rows += [TreeRow(topic, hit=hit) for hit in hits]
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
        row = self.rows[at]
        segments = self._recipe(row.hit, width) if row.hit else self._topic(row, width)
        if at == self.cursor:
            cursor = self._style("cursor") + (REVERSED if self.app.look.colours == "none" else PLAIN)
            segments = [Segment(text, cursor) for text, *_ in segments]
        return Strip(segments).adjust_cell_length(width).apply_style(self._own_style)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"recipe-tree--{name}")

    def _topic(self, row: TreeRow, width: int) -> list[Segment]:
        look = self.app.look
        folded = row.topic in self.folded and not self.query_text.strip()
        arrow = ("▸" if folded else "▾") if look.unicode else ("+" if folded else "-")
        count = f" {row.count} "
        title = pad(cut(f"{arrow} {topic_title(row.topic)}", width - len(count), look), width - len(count))
        return [Segment(title, self._style("topic")), Segment(count, self._style("faint"))]

    def _recipe(self, hit: Hit, width: int) -> list[Segment]:
        look, entry = self.app.look, hit.entry
        mark = self.marks.get(entry.name)
        glyph = (GLYPHS if look.unicode else PLAIN_GLYPHS)[mark.kind] if mark else " "
        takes = f" {duration(entry.seconds):>6}"
        if cell_width(entry.name) > width - 4 - len(takes):
            takes = " "  # a name is what one types: it is whole where it can be
        room = width - 4 - len(takes)
        name_width = LONGEST_NAME if room - LONGEST_NAME > CLAIMS_FROM else room
        name = pad(cut(entry.name, name_width, look), name_width)
        claims = pad(cut(f" {entry.claims}", room - name_width, look), room - name_width) if name_width < room else ""
        return [
            Segment(f"  {glyph} ", self._style(mark.kind) if mark else None),
            *self._with_matches(name, hit),
            Segment(claims, self._style("faint")),
            Segment(takes, self._style("faint")),
        ]

    def _with_matches(self, name: str, hit: Hit) -> list[Segment]:
        """The name; what the search found in it underlined; faint where only the lesson holds the words."""
        style = None if hit.by_heading else self._style("faint")
        word = next((word for word in stems(self.query_text) if word in name), "")
        if not word:
            return [Segment(name, style)]
        before, _, after = name.partition(word)
        return [Segment(before, style), Segment(word, self._style("match")), Segment(after, style)]
