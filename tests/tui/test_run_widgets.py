"""Parts of the run screen alone, as a person saw and kept them: 80x24 and 120x40, dark, light, without colour."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from dltui.recipes import recipe as recipes
from dltui.recipes.metric import Metric
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.tui.curve_view import Shown
from dltui.tui.run_watcher import RunWatcher
from dltui.tui.widgets import verdict
from dltui.tui.widgets.curve_plot import CurvePlot
from dltui.tui.widgets.knob_panel import KnobPanel
from dltui.tui.widgets.note_list import NoteList
from dltui.tui.widgets.picture_wall import PictureWall
from dltui.tui.widgets.timeline import Timeline
from dltui.tui.widgets.verdict import Verdict
from tests.render.conftest import plain
from tests.tui.conftest import Case, holding, says, until
from tests.tui.fake_engine import FakeEngine

T0 = 1_800_000_000.0


def finished(expect: tuple[dict, ...] = (), **end: str) -> RunWatcher:
    """The watcher of a run that has ended; its times are always the same."""
    engine = FakeEngine().start().tick(120, pictures=True)
    engine.log.write("note", level="warning", text="the judge was trained anew: [not markup]")
    engine.log.write("control", op="set", step=60, key="optimizer.lr", value=0.02)
    engine.tick(80, pictures=True)
    engine.finish(expect=expect, **end)
    watcher = RunWatcher(engine.run)
    watcher.poll(budget=60)
    still(watcher.history)
    watcher.clock.times[:] = type(watcher.clock.times)("d", [0.01 * step for step in watcher.clock.steps])
    return watcher


def still(history: History) -> None:
    """Sets the times of its events by their numbers."""
    history.began = T0
    for event in [*history.notes, *history.controls, *history.checkpoints]:
        event["t"] = T0 + event["seq"]


async def drawn(pilot: Pilot, widget: Widget) -> None:
    await pilot.pause()
    assert widget.size.width == pilot.app.size.width


async def test_curves_with_the_cursor_on(case: Case, golden):
    plot, watcher = CurvePlot(), finished()
    async with holding(plot, case.look, (case.width, case.height)) as pilot:
        plot.show(Shown(watcher.history, recipes.load("mlp-moons"), watcher.clock, case.look, 120))
        await pilot.press("c", *["left"] * 20)
        await drawn(pilot, plot)
        golden("curve-plot", pilot)


async def test_knobs_one_asked_for_one_being_typed(case: Case, golden):
    panel = KnobPanel()
    async with holding(panel, case.look, (case.width, case.height)) as pilot:
        panel.show({"optimizer.lr": 0.01, "optimizer.momentum": 0.9}, {"optimizer.lr": 0.0125}, case.look, "net")
        await pilot.press("right", *"0.9")
        await drawn(pilot, panel)
        golden("knob-panel", pilot)


async def test_the_end_of_a_run_that_met_one_claim_of_two(case: Case, golden):
    widget = Verdict()
    claims = (
        {"name": "line.accuracy", "want": "<= 0.88", "got": 0.871, "ok": True},
        {"name": "net.accuracy", "want": ">= 0.99", "got": 0.97, "ok": False},
    )
    watcher = finished(claims)
    async with holding(widget, case.look, (case.width, case.height)) as pilot:
        widget.show(verdict.lines(watcher.history, watcher.run, False, case.width, case.height, case.look))
        await drawn(pilot, widget)
        golden("verdict-claims", pilot)


CLAIMS = [
    {"name": f"digits.error_{n}", "want": f"<= 0.1 * digits.error_{n}.first = 0.0073", "got": 0.0012, "ok": True}
    for n in range(5)
]


def band(width: int, height: int, expect: list[dict], **summary: float) -> list[str]:
    watcher = finished(expect)
    watcher.history.finished["summary"] = summary
    return plain(verdict.lines(watcher.history, watcher.run, False, width, height, TerminalCapabilities()))


def test_at_80x24_the_result_is_one_line():
    """Not six of claims: pictures come first."""
    missed = {"name": "accuracy", "want": ">= 0.985", "got": 0.829, "ok": False}
    [line] = band(80, 24, [*CLAIMS, missed], accuracy=0.829, loss=0.5)
    assert "CLAIM NOT MET    accuracy 0.829, not >= 0.985" in line
    assert int(line.split("+")[1].split()[0]) + line.count("digits.error") == 5
    [line] = band(80, 24, CLAIMS[:1], **{"digits.error_0": 0.0012, "loss": 0.5})
    assert "CLAIM MET    digits.error_0 0.00120 <= 0.0073   after" in line and "loss 0.500" in line


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_no_value_of_the_end_stands_twice_and_counts_are_whole(size):
    expect = [{"name": "rules", "want": "== 8", "got": 8.0, "ok": True}]
    watcher = finished(expect)
    watcher.history.declared = {"rules": Metric("", whole=True), "cases": Metric("", whole=True)}
    watcher.history.finished["summary"] = {"rules": 8.0, "cases": 480.0}
    text = "\n".join(plain(verdict.lines(watcher.history, watcher.run, False, *size, TerminalCapabilities())))
    assert text.count("rules") == 1 and "8.0" not in text and "cases 480" in text and "480.0" not in text


async def test_which_pictures_are_seen_is_said_and_the_key_that_shows_more():
    wall = PictureWall()
    history = History()
    for number, pane in enumerate("abcd"):
        payload = {"type": "text", "text": pane}
        frame = {"kind": "frame", "t": T0, "seq": number, "series": "", "step": 1, "pane": pane, "payload": payload}
        history.take([frame])
    async with holding(wall, TerminalCapabilities(), (80, 10)) as pilot:

        def shows(told: str) -> bool:
            wall.show(history, Path(), TerminalCapabilities(), None)
            return says(pilot, told)

        await until(pilot, lambda: shows("1-3 of 4, n: more"))
        wall.choose(history, -1)
        await until(pilot, lambda: shows("2-4 of 4, n: more"))
        wall.zoomed = True
        await until(pilot, lambda: shows(" 4 of 4, n: more"))


async def test_a_row_of_scenes_takes_the_width_of_several_panes():
    """Three scenes of boxes in a third of 80 cells were twelve points each."""
    wall, history = PictureWall(), History()
    scenes = {"type": "boxes", "pixels": [[0, 1, 2]], "rows": 1, "columns": 3, "title": "three scenes"}
    for seq, payload in enumerate((scenes, {"type": "text", "text": "curve"}, {"type": "text", "text": "table"})):
        frame = {"kind": "frame", "t": T0, "seq": seq, "series": "", "step": 1, "pane": f"p{seq}", "payload": payload}
        history.take([frame])
    async with holding(wall, TerminalCapabilities(), (80, 10)) as pilot:

        def shows(told: str) -> bool:
            wall.show(history, Path(), TerminalCapabilities(), None)
            return says(pilot, told)

        await until(pilot, lambda: shows("1 of 3, n: more"))
        assert [pane.size.width for pane in wall.query("PicturePane") if pane.display] == [80]
        wall.choose(history, 1)
        await until(pilot, lambda: shows("2-3 of 3, n: more"))


async def test_the_end_of_a_run_that_failed(case: Case, golden):
    widget = Verdict()
    watcher = finished(status="failed", error="loss is nan at step 180 [net].", hint="Try a smaller optimizer.lr.")
    watcher.history.checkpoints.append({"step": 120, "seq": 9, "t": T0})
    async with holding(widget, case.look, (case.width, case.height)) as pilot:
        widget.show(verdict.lines(watcher.history, watcher.run, False, case.width, case.height, case.look))
        await drawn(pilot, widget)
        golden("verdict-failed", pilot)


async def test_the_timeline_at_an_earlier_step(case: Case, golden):
    line = Timeline()
    async with holding(line, case.look, (case.width, case.height)) as pilot:
        line.show([0, 10, 120, 200], 120, 1000, case.look, live=True, replay=None)
        await drawn(pilot, line)
        golden("timeline", pilot)


async def test_notes(case: Case, golden):
    notes, watcher = NoteList(), finished()
    async with holding(notes, case.look, (case.width, case.height)) as pilot:
        notes.show(watcher.history, case.look)
        await drawn(pilot, notes)
        golden("note-list", pilot)
