"""The last row: the keys, or what was just said, or a question that the next key answers."""

import time
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Key
from textual.message import Message

from dltui.render import palette
from dltui.render.cells import FAINT, cell_width, fit, line_of, shown
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.sheet import SheetWidget

SAID = 6.0  # seconds that a sentence stands
KEY = Style(bold=True)


class StatusLine(SheetWidget):
    """Takes the keyboard only while it asks."""

    HELP: ClassVar[str] = "Question\nThe key that is named says yes; every other key says no."
    DEFAULT_CSS = """
    StatusLine { height: 1; }
    """

    class Answered(Message):
        """The question was answered."""

        def __init__(self, yes: bool):
            super().__init__()
            self.yes = yes

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self._said, self._until = "", 0.0
        self._question = self._yes = ""
        self._drawn: tuple = ()  # what the row was drawn of

    def say(self, text: str) -> None:
        """Shows a sentence for some seconds, from the next `show` on."""
        self._said, self._until = text, time.monotonic() + SAID

    def ask(self, question: str, yes: str) -> None:
        """Takes the keyboard until a key answers: `yes`, or any other for no."""
        self._question, self._yes = question, yes
        self.can_focus = True
        self.focus()

    def show(self, keys: list[tuple[str, str]], standing: str, look: TerminalCapabilities) -> None:
        """keys: (key, what it does), as many as have room. standing: what is told before them while it is so."""
        width = self.size.width
        said = self._said if time.monotonic() < self._until else ""
        wanted = (keys, standing, look, width, said, self._question)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        if self._question:
            ink = palette.ink(palette.WARNING, look, bold=True) + Style(reverse=True)
            line = line_of(f" {self._question}", width, look, ink)
        elif said:
            line = line_of(shown(said), width, look, palette.ink(palette.series(0), look, bold=True))
        else:
            line = [Segment(f"{shown(standing)}  ", palette.ink(palette.WARNING, look))] if standing else []
            used = sum(cell_width(segment.text) for segment in line)
            for key, does in keys:
                size = len(key) + len(does) + 3
                if used + size - 2 > width:
                    break
                line += [Segment(key, KEY), Segment(f" {does}  ", FAINT)]
                used += size
        self.sheet.show([fit(line, width)])

    def on_key(self, event: Key) -> None:
        if not self._question or not (event.character or "a").isascii():
            return  # the app sends a Russian letter again as the key that was meant
        event.stop()
        event.prevent_default()
        self._question = ""
        self.can_focus = False
        self.post_message(self.Answered(event.key == self._yes))
