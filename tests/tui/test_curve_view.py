"""How curves are looked at: a live plot holds still, the x axis is steps or time, the cursor reads what is there."""

import pytest

from dltui.recipes import recipe as recipes
from dltui.render.cells import cell_width
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.curve_view import CurveView, Shown
from dltui.tui.run_watcher import RunWatcher
from tests.tui.fake_engine import FakeEngine

LOOK = TerminalCapabilities()


@pytest.fixture
def engine():
    made = FakeEngine(steps=8000).start()
    yield made
    made.die()


def shown(engine: FakeEngine) -> Shown:
    watcher = RunWatcher(engine.run)
    watcher.poll(budget=10)
    return Shown(watcher.history, recipes.load("mlp-moons"), watcher.clock, LOOK)


def text(lines: list) -> list[str]:
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("size", [(80, 10), (120, 17), (200, 40), (30, 5), (10, 3), (60, 1)])
def test_it_fills_its_place_whatever_it_shows(engine, size):
    width, height = size
    view = CurveView()
    for state in (shown(engine), shown(engine.tick(500, pictures=True))):
        for cursor in (None, 250.0):
            view.cursor = cursor
            lines = view.draw(state, width, height)
            assert len(lines) == height
            assert {sum(cell_width(segment.text) for segment in line) for line in lines} == {width}


def test_rows_of_a_live_plot_hold_still_while_new_values_lie_in_its_range(engine):
    view = CurveView()
    view.smoothing = 0
    before = text(view.draw(shown(engine.tick(600)), 100, 12))
    after = text(view.draw(shown(engine.tick(20)), 100, 12))
    axis = slice(None, 8)
    assert [row[axis] for row in before[1:]] == [row[axis] for row in after[1:]]
    changed = [row for row in range(1, 10) if before[row] != after[row]]
    assert 1 <= len(changed) <= 4


def test_a_value_far_outside_widens_the_range_when_it_is_looked_at_again(engine, monkeypatch):
    monkeypatch.setattr("dltui.tui.curve_view.CHECKED", 0.0)
    view = CurveView()
    view.draw(shown(engine.tick(600)), 100, 12)
    before = view.plots[0][1].y_range
    engine.log.write("scalars", series="net", step=list(range(601, 801)), values={"loss": [3.0] * 200})
    view.draw(shown(engine), 100, 12)
    assert view.plots[0][1].y_range[1] >= 3.0 > before[1]


def test_the_time_axis_spans_the_seconds_that_were_trained(engine):
    view, state = CurveView(), shown(engine.tick(300).tick(300))
    state.clock.times[:] = type(state.clock.times)("d", [30.0 * (place + 1) for place in range(len(state.clock.times))])
    view.by_time = True
    lines = text(view.draw(state, 100, 12))
    assert "time" in lines[-1]
    assert any(tick in lines[-1] for tick in ("20s", "0:40", "40s", "1:00", "50s"))
    newest, end = view.axis(state.history, state.clock)
    assert newest == 1000 * state.clock.times[-1] <= end


def test_the_cursor_reads_the_value_at_or_before_its_step(engine):
    view, state = CurveView(), shown(engine.tick(100, pictures=True).tick(100, pictures=True))
    view.cursor = 150.0
    first = text(view.draw(state, 160, 12))[0]
    assert "step 150" in first
    assert "line loss 0.400" in first  # 1 / (1 + 0.01 * 150)
    assert "line accuracy 0.750" in first  # that of step 100
    view.cursor = 50.0
    assert "line accuracy -" in text(view.draw(state, 160, 12))[0]


def test_moving_the_cursor_out_of_sight_takes_the_stretch_along(engine):
    view, state = CurveView(), shown(engine.tick(8000))
    view.draw(state, 100, 12)
    view.cursor = 4000.0
    for _ in range(5):
        view.zoom(0.5, state.history, state.clock)
        view.draw(state, 100, 12)
    for _ in range(400):
        view.move_cursor(-1, state.history, state.clock)
    low, high = view.viewport.range(*view.axis(state.history, state.clock))
    assert low <= view.cursor <= high
    assert view.cursor < 3500


def test_a_legend_stands_long_enough_to_be_read_and_then_tells_the_newest_value(engine, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("dltui.tui.curve_view.time.monotonic", lambda: clock[0])
    view = CurveView()
    before = text(view.draw(shown(engine.tick(600)), 100, 12))
    assert not view.late
    clock[0] += 0.1
    assert text(view.draw(shown(engine.tick(1)), 100, 12)) == before and view.late
    clock[0] += 0.1
    farther = text(view.draw(shown(engine.tick(100)), 100, 12))  # a column of dots farther: at once
    assert farther != before and not view.late
    engine.log.write("scalars", series="net", step=[702], values={"loss": [0.9]})
    assert text(view.draw(shown(engine), 100, 12))[0] == farther[0] and view.late
    clock[0] += 0.25
    assert "net 0.9" in text(view.draw(shown(engine), 100, 12))[0] and not view.late
