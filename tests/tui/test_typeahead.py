"""Keys that come while the one before them is still at work."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widgets import Input

from dltui.tui import typeahead
from tests.tui.conftest import Lab, opened, until


class Slow(Screen):
    """`f` opens a line, by and by; `a` and `b` are written down."""

    BINDINGS: ClassVar = [Binding("f", "line", "Line"), Binding("a", "note('a')", "A"), Binding("b", "note('b')", "B")]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.noted, self.settled = Input(), "", True

    def compose(self) -> ComposeResult:
        yield self.line

    def action_line(self) -> None:
        self.line.display = False
        self.call_later(self._open)

    async def _open(self) -> None:
        await asyncio.sleep(0.05)
        self.line.display = True
        self.line.focus()

    def on_input_submitted(self) -> None:
        self.set_focus(None)

    def action_note(self, key: str) -> None:
        self.noted += key


def typed(app: Lab, events: Iterable[Event]) -> None:
    """All of it in one piece."""
    for event in events:
        app.post_message(event)


def keys(text: str) -> list[Event]:
    return [Key({"\r": "enter"}.get(one, one), None if one == "\r" else one) for one in text]


async def test_each_key_goes_where_those_before_it_lead():
    screen = Slow()
    async with opened(Lab(modes={"recipes": lambda: screen})) as pilot:
        typed(pilot.app, [*keys("afab"), Paste("ba"), *keys("\rb")])
        await until(pilot, lambda: screen.noted == "ab")
        assert screen.line.value == "abba"


async def test_keys_wait_until_the_screen_is_settled():
    screen = Slow()
    async with opened(Lab(modes={"recipes": lambda: screen})) as pilot:
        typed(pilot.app, keys("b"))
        await until(pilot, lambda: screen.noted == "b")
        await pilot.pause(0.2)  # it has done its work
        screen.settled = False
        typed(pilot.app, keys("ab"))
        await pilot.pause(0.2)
        assert screen.noted == "ba"
        screen.settled = True
        await until(pilot, lambda: screen.noted == "bab")


async def test_their_patience_has_an_end(monkeypatch):
    monkeypatch.setattr(typeahead, "PATIENCE", 0.1)
    screen = Slow()
    screen.settled = False
    async with opened(Lab(modes={"recipes": lambda: screen})) as pilot:
        typed(pilot.app, keys("ab" * 40))
        await until(pilot, lambda: screen.noted == "ab" * 40, seconds=3)


async def test_a_russian_letter_is_the_key_that_is_meant_in_its_turn():
    screen = Slow()
    async with opened(Lab(modes={"recipes": lambda: screen})) as pilot:
        typed(pilot.app, keys("фbфb"))
        await until(pilot, lambda: screen.noted == "abab")
