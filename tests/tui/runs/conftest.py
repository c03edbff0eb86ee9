"""The runs screen over three runs, and what a test asks of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.run import Run
from dltui.tui.messages import OpenCompare, OpenRun
from dltui.tui.screens.runs import RunsScreen
from tests.tui.conftest import DARK, Lab, opened, until


class Asking(Lab):
    """Keeps what the screen asked it for instead of doing it."""

    def __init__(self, *given: object, **options: object):
        super().__init__(*given, **options)
        self.asked: list[object] = []

    def on_open_run(self, message: OpenRun) -> None:
        message.prevent_default()
        self.asked.append(message.run)

    def on_open_compare(self, message: OpenCompare) -> None:
        message.prevent_default()
        self.asked.append(message.runs)


class Elsewhere(Screen):
    """What lies behind the runs."""

    def compose(self):
        yield Static("elsewhere")


@asynccontextmanager
async def listing(size: tuple[int, int] = (80, 24), look: TerminalCapabilities = DARK) -> AsyncIterator[Pilot]:
    """The app with all runs open, and all of them read."""
    async with opened(Asking(look, {"recipes": Elsewhere}), size) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and is_read(pilot))
        yield pilot


def screen(pilot: Pilot) -> RunsScreen:
    return pilot.app.screen


def is_read(pilot: Pilot) -> bool:
    """Whether the screen shows all that it has found."""
    runs_screen = screen(pilot)
    return runs_screen._listed and not runs_screen.index.left and not runs_screen._stale


def listed(pilot: Pilot) -> list[str]:
    """The ids that the table holds, from the top."""
    return [facts.id for facts in screen(pilot).table.rows]


async def typed(pilot: Pilot, text: str) -> None:
    """Puts a filter in place of the one that is there."""
    await pilot.press("slash")
    screen(pilot).filter.value = ""
    await pilot.press(*("space" if letter == " " else letter for letter in text))
    await pilot.pause()


@pytest.fixture
def three(make_run: Callable[..., Run]) -> list[Run]:
    """An old run with two variants that is done, one that diverged, and a new one that was stopped."""
    return [
        make_run("mlp-moons", steps=200, overrides={"optimizer.lr": 0.5}),
        make_run("gan-mnist", status="diverged", steps=60),
        make_run("mlp-mnist", status="stopped", steps=100),
    ]
