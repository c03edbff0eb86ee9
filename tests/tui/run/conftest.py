"""The run screen over an engine that writes what a test tells it to."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from dltui.runs.run import Run
from dltui.tui.messages import OpenRun
from dltui.tui.screens.run import RunScreen
from tests.tui.conftest import Lab, opened, rows, until
from tests.tui.fake_engine import FakeEngine


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """A run with two variants and two kinds of pictures, 40 steps on its way."""
    made = FakeEngine().start().tick(20, pictures=True).tick(20, pictures=True)
    yield made
    made.die()


@asynccontextmanager
async def watching(run: Run, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot]:
    """The app with the screen of a run open."""
    async with opened(Lab(modes={"recipes": Screen}), size) as pilot:
        pilot.app.post_message(OpenRun(run))
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and not screen(pilot).open.watcher.behind)
        yield pilot


def screen(pilot: Pilot) -> RunScreen:
    return pilot.app.screen


async def settled(pilot: Pilot) -> list[str]:
    """What the screen shows once nothing on it changes any more."""
    seen = [rows(pilot)]
    while len(seen) < 4 or seen[-1] != seen[-4]:
        screen(pilot).drain()
        await pilot.pause()
        seen.append(rows(pilot))
    return seen[-1]
