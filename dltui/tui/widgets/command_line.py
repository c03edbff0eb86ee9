"""The exact command line for what the form says, to copy: what this screen does, the shell does too."""

import shlex
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from dltui.errors import DltuiError
from dltui.recipes import overrides
from dltui.render.cells import pad, wrapped
from dltui.tui.form import Form, word_of

HEIGHT = 2  # lines at most
KEY = "  y copies"


def words(recipe_word: str, form: Form) -> list[str]:
    """Returns the words of `dltui run`, for this recipe with what the form changes."""
    changes = dict(form.changes)
    said = ["dltui", "run", recipe_word]
    if form.full:
        said.append("--full")
    if "data.from" in changes:
        said += ["--data", str(changes.pop("data.from"))]
    if form.device != "auto":
        said += ["--device", form.device]
    return said + [word_of(key, value) for key, value in changes.items()]


def changes_in(command: str, name: str) -> dict[str, object] | None:
    """Returns what a command line `dltui run NAME key=value ...` changes; None where it is another one."""
    try:
        said = shlex.split(command)
        ours = said[:3] == ["dltui", "run", name] and not any(word.startswith("-") for word in said)
        return overrides.parse(said[3:]) if ours else None
    except (ValueError, DltuiError):
        return None


class CommandLine(Widget):
    """One line, or two; what does not fit is shortened where it is drawn, never where it is copied."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"command-line--faint", "command-line--wrong", "command-line--command"}
    DEFAULT_CSS = """
    CommandLine {
        height: auto;
        max-height: 2;
        padding: 0 1;
        background: $panel;
        .command-line--faint { color: $text-muted; }
        .command-line--command { color: $success; }
        .command-line--wrong { color: $error; text-style: bold; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.command = ""
        self.told = ""

    def show(self, command_words: list[str], told: str = "") -> None:
        """Shows a command, [] for none. told: why it would not run, in words, shown in its place."""
        command = shlex.join(command_words)
        if (command, told) != (self.command, self.told):
            before = self._height(self.size.width)
            self.command, self.told = command, told
            self.refresh(layout=self._height(self.size.width) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._height(width)

    def _height(self, width: int) -> int:
        return max(1, min(HEIGHT, len(self._pieces(width))))

    def _pieces(self, width: int) -> list[str]:
        if self.told:
            return _pieces(("✗ " if self.app.look.unicode else "x ") + self.told, width)
        return _pieces("$ " + self.command, width - len(KEY)) if self.command else []

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        pieces = self._pieces(width)
        if self.told:
            return self._line(pieces, y, "wrong", "wrong", width)
        if y or not self.command:
            return self._line(pieces, y, "command", "faint", width)
        strip = self._line(pieces, y, "command", "faint", width - len(KEY))
        return Strip.join([strip, Strip([Segment(KEY, self._style("faint"))])])

    def _line(self, pieces: list[str], y: int, role: str, first: str, width: int) -> Strip:
        text = pieces[y] if y < len(pieces) else ""
        if y == HEIGHT - 1 and len(pieces) > HEIGHT:
            more = "…" if self.app.look.unicode else "~"
            text = pad(text, min(len(text), width - 2)) + f" {more}"
        head = 2 if not y else 0
        segments = [Segment(text[:head], self._style(first)), Segment(text[head:], self._style(role))]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _style(self, name: str):
        return self.get_component_rich_style(f"command-line--{name}")


def _pieces(text: str, width: int) -> list[str]:
    head, *rest = wrapped(text, max(12, width))
    return [head, *(f"  {line}" for line in wrapped(" ".join(rest), max(12, width - 2)))] if rest else [head]
