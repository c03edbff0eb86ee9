"""What a recipe is, above its lesson and options: title, summary, claim, and how it stands here."""

import time
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from dltui.recipes.overrides import written
from dltui.render.cells import cut, pad, shown, wrapped
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.recipe_status import Mark
from dltui.tui.recipe_index import Entry
from dltui.tui.recipe_rows import duration

Lines = list[tuple[str, str]]  # (text, role)


class RecipeHeader(Widget):
    """Five lines, three where the terminal is low: what is below does not jump from recipe to recipe."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"recipe-header--{name}" for name in ("title", "faint", "met", "missed", "failed", "live", "ran")
    }
    DEFAULT_CSS = """
    RecipeHeader {
        height: 5;
        padding: 0 1;
        .recipe-header--title { text-style: bold; color: $foreground; }
        .recipe-header--faint { color: $text-muted; }
        .recipe-header--live { color: $accent; }
        .recipe-header--met { color: $success; }
        .recipe-header--missed { color: $error; }
        .recipe-header--failed { color: $error; }
        .recipe-header--ran { color: $text-muted; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.entry: Entry | None = None
        self.mark: Mark | None = None
        self.topic = "", ""  # title and text, where the cursor is on a topic
        self._drawn: Lines = []

    def show(self, entry: Entry, mark: Mark | None) -> None:
        """Shows a recipe."""
        self.entry, self.mark = entry, mark
        self.refresh()

    def show_topic(self, title: str, text: str) -> None:
        """Shows a topic in place of a recipe."""
        self.entry, self.topic = None, (title, text)
        self.refresh()

    def _lines(self) -> Lines:
        width, height = self.size
        if self.entry is None:
            title, text = self.topic
            return [(title, "title"), *((line, "faint") for line in wrapped(text, max(8, width)))]
        return lines(self.entry, self.mark, max(8, width), height, self.app.look, time.time())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if y == 0 or not self._drawn:
            self._drawn = self._lines()
        text, role = self._drawn[y] if y < len(self._drawn) else ("", "")
        style = self.get_component_rich_style(f"recipe-header--{role}") if role else None
        return Strip([Segment(pad(text, self.size.width), style)]).apply_style(self.rich_style)


def lines(entry: Entry, mark: Mark | None, width: int, height: int, look: TerminalCapabilities, now: float) -> Lines:
    """Returns at most `height` lines, at least 3, with their roles, each at most `width` cells wide.

    The title, as much of the summary as leaves a line for what the recipe claims, and how it stands here.
    """
    found: Lines = [(cut(entry.title or entry.name, width, look), "title")]
    found += [(line, "") for line in _first(entry.summary, width, min(2, height - 3), look) if entry.summary]
    takes = f"takes about {duration(entry.seconds)}" if entry.seconds else ""
    facts = f"claims {entry.claims}" if entry.claims else "claims nothing"
    facts = "; ".join(filter(None, (takes, facts)))
    found += [(line, "faint") for line in _first(facts, width, height - 1 - len(found), look)]
    text, role = standing(mark, now)
    return [*found, *((line, role) for line in _first(text, width, height - len(found), look))]


def _first(text: str, width: int, most: int, look: TerminalCapabilities) -> list[str]:
    """The first lines of a text; the last one ends in an ellipsis where there are more."""
    found = wrapped(text, width)
    if len(found) <= most or most <= 0:
        return found[: max(0, most)]
    return [*found[: most - 1], cut(" ".join(found[most - 1 :]), width, look)]


def standing(mark: Mark | None, now: float) -> tuple[str, str]:
    """Returns in words how a recipe stands here, and the role of the words."""
    if mark is None:
        return "Never run here: press r.", "live"
    times = "once" if mark.count == 1 else f"{mark.count} times"

    changed = ", ".join(shown(written(key, value)) for key, value in mark.overrides.items())
    state = mark.state
    ago = _ago(now - mark.run.info().get("created", now))
    said = {
        "live": f"{state.status} now, step {state.step:,} of {state.steps:,}",
        "met": f"met its claim {ago}",
        "missed": f"did not meet its claim {ago}",
        "failed": f"{state.status} {ago}{': ' + shown(state.error) if state.error else ''}",
        "ran": f"{state.status} {ago}",
    }[mark.kind]
    return f"Run here {times}; {said}{f' (with {changed})' if changed else ''}.", mark.kind


def _ago(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name} ago"
    return "just now"
