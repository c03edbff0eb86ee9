"""The app in this process: a home of its own, runs that were never run, conditions to wait for, golden widgets.

A golden file is what a widget shows, as text with its styles in words, looked at by a person. DLTUI_UPDATE_GOLDEN=1
writes the files anew; look at their difference before you keep them.
"""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from dltui.recipes import recipe as recipes
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import run as runs
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run
from dltui.tui.app import LabApp

GOLDEN = Path(__file__).parent / "golden"
DARK, LIGHT, NONE = TerminalCapabilities(), TerminalCapabilities(dark=False), TerminalCapabilities(colours="none")


class Case(NamedTuple):
    """A size and a look that a widget is drawn in."""

    width: int
    height: int
    name: str
    look: TerminalCapabilities

    def __str__(self) -> str:
        return f"{self.width}x{self.height}-{self.name}"


CASES = [
    Case(width, height, name, look)
    for width, height in ((80, 24), (120, 40))
    for name, look in (("dark", DARK), ("light", LIGHT), ("none", NONE))
]


@pytest.fixture(autouse=True)
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a home that only it has, and a terminal that nothing of the machine describes."""
    ours = ("DLTUI_COLOURS", "DLTUI_UNICODE", "DLTUI_PICTURES")
    for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", *ours):
        monkeypatch.delenv(name, raising=False)
    return home


# -- runs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def make_run() -> Iterator[Callable[..., Run]]:
    """make_run("mlp-moons", status="done", steps=200) -> a run whose log holds two falling curves, notes, its end.

    status: done, stopped, failed, diverged; running (its lock is held until the test ends); lost; starting (no event).
    """
    locks = []

    def make(name: str = "mlp-moons", *, status: str = "done", steps: int = 200, **info: object) -> Run:
        recipe = recipes.load(name)
        run = runs.create(name, recipes.to_toml(recipe), {"overrides": {}, "data": "builtin", "device": "cpu"} | info)
        if status == "starting":
            return run
        if status == "running":
            locks.append(hold(run))
        write_log(run, list(recipe.variants), status, steps)
        return run

    yield make
    for lock in locks:
        lock.close()


def write_log(run: Run, series: list[str], status: str = "done", steps: int = 200) -> None:
    """Writes what an engine would; a run that is not done went half its way."""
    log = EventLog(run.log)
    reached = steps if status == "done" else steps // 2
    log.write("note", level="info", text="data: moons, built in")
    log.write(
        "started", device="cpu", precision="fp32", threads=1, params=1218, steps=steps, step=0, series=series,
        data={"kind": "moons", "from": "builtin", "rows": 800, "detail": "800 points"}, task="classify",
        classes=["upper", "lower"], knobs={"optimizer.lr": 0.01},
        metrics={"loss": {"better": "lower", "progress": True}, "accuracy": {"better": "higher", "range": [0, 1]}},
    )  # fmt: skip
    for name in series:
        points = list(range(1, reached + 1))
        log.write("scalars", series=name, step=points, values={"loss": [math.exp(-step / 80) for step in points]})
        evaluated = list(range(20, reached + 1, 20))
        log.write("scalars", series=name, step=evaluated, values={"accuracy": [1 - 0.5 / step for step in evaluated]})
    summary = {f"{name}.accuracy".lstrip("."): 0.97 for name in series}
    claim = {"name": next(iter(summary)), "want": ">= 0.9", "got": 0.97, "ok": True}
    if status in ("done", "stopped", "failed", "diverged"):
        log.write(
            "finished", status=status, exit={"done": 0, "stopped": 130, "failed": 1, "diverged": 5}[status],
            step=reached, steps=steps, summary=summary, seconds=3.5, hint="",
            expect=[claim] if status == "done" else [],
            error="" if status in ("done", "stopped") else "loss is nan at step 100.",
        )  # fmt: skip
    log.close()


# -- the app -----------------------------------------------------------------------------------------------------------


class Lab(LabApp):
    """The app, with small screens in the place of the real ones where a test says so."""

    def __init__(
        self, look: TerminalCapabilities = DARK, modes: dict[str, Callable[[], Screen]] | None = None, **options: object
    ):
        self.MODES = {**LabApp.MODES, **(modes or {})}
        with pytest.MonkeyPatch.context() as patch:
            if look.colours == "none":
                patch.setenv("NO_COLOR", "1")  # as start.prepare does
            super().__init__(look, **options)


class Holding(Screen):
    """A screen with nothing but one widget."""

    DEFAULT_CSS = "Holding > * { width: 100%; height: 100%; }"

    def __init__(self, widget: Widget):
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


@asynccontextmanager
async def opened(app: LabApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot]:
    """The app open on a terminal of that size: `async with opened(Lab()) as pilot:`."""
    async with app.run_test(size=size, notifications=True) as pilot:
        yield pilot


@asynccontextmanager
async def holding(
    widget: Widget, look: TerminalCapabilities = DARK, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot]:
    """The app with one widget on it, alone and focused."""
    async with opened(Lab(look, {"recipes": lambda: Holding(widget)}), size) as pilot:
        widget.focus()
        await pilot.pause()
        yield pilot


async def until(pilot: Pilot, true: Callable[[], object], seconds: float = 20) -> None:
    """Returns as soon as `true()` is, all messages worked off; fails after `seconds`."""
    end = time.monotonic() + seconds
    await pilot.pause()
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)
        await pilot.pause()


def rows(pilot: Pilot) -> list[str]:
    """What the screen shows, as text."""
    return [strip.text for strip in pilot.app.screen._compositor.render_strips()]


def says(pilot: Pilot, text: str) -> bool:
    """Whether the screen shows a text on one of its lines."""
    return any(text in row for row in rows(pilot))


def told(pilot: Pilot) -> list[str]:
    """What the app has told in the corner, the newest last."""
    return [notification.message for notification in pilot.app._notifications]


def written(segment: Segment) -> str:
    """Returns a segment with its style in words: {#56b4e9 on #000000 bold}text{}."""
    style = segment.style or Style.null()
    ink, ground = ("" if not colour or colour.is_default else colour.name for colour in (style.color, style.bgcolor))
    words = [word for word in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, word)]
    words = [*filter(None, [ink, ground and f"on {ground}"]), *words]
    return f"{{{' '.join(words)}}}{segment.text}{{}}" if words else segment.text


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """Each golden size and look."""
    return request.param


@pytest.fixture
def golden(case: Case) -> Callable[[str, Pilot], None]:
    """golden("help", pilot): what the screen shows now is what the golden file of that name holds."""

    def compare(name: str, pilot: Pilot) -> None:
        lines = [
            "".join(map(written, strip.simplify())).rstrip() for strip in pilot.app.screen._compositor.render_strips()
        ]
        path, text = GOLDEN / f"{name}-{case}.txt", "".join(f"{line}\n" for line in lines)
        if os.environ.get("DLTUI_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()

    return compare
