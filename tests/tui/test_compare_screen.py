"""The compare screen by its keys: curves laid over each other, and the runs side by side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from dltui.recipes import recipe as recipes
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.run import Run
from dltui.tui import comparison
from dltui.tui.messages import OpenCompare
from dltui.tui.screens.compare import CompareScreen
from tests.tui.conftest import DARK, Lab, opened, rows, says, told, until, write_log
from tests.tui.fake_engine import FakeEngine


@asynccontextmanager
async def comparing(
    found: list[Run], size: tuple[int, int] = (80, 24), look: TerminalCapabilities = DARK
) -> AsyncIterator[Pilot]:
    """The app with runs laid over each other, everything read."""
    async with opened(Lab(look, {"recipes": Screen, "runs": Screen}), size) as pilot:
        pilot.app.post_message(OpenCompare(found))
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and screen(pilot).table.rows)
        await until(pilot, lambda: not screen(pilot).comparison.behind)
        yield pilot


def screen(pilot: Pilot) -> CompareScreen:
    return pilot.app.screen


def ended(name: str, changes: dict, accuracy: float, *, steps: int = 100, status: str = "done") -> Run:
    """A run of a recipe with some changes."""
    recipe = recipes.load(name, {"train.steps": steps, **changes})
    run = runs.create(name, recipes.to_toml(recipe), {"overrides": changes, "device": "cpu"})
    write_log(run, [""], "starting", steps)
    log = EventLog(run.log)
    told = {"step": steps, "steps": steps, "seconds": 3.0, "error": "", "hint": "", "exit": 0}
    log.write("finished", status=status, summary={"accuracy": accuracy, "loss": 0.5}, expect=[], **told)
    log.close()
    return run


@pytest.fixture
def two(home) -> list[Run]:
    """The second one better, and with another learning rate."""
    return [ended("mlp-mnist", {}, 0.9), ended("mlp-mnist", {"optimizer.lr": 0.5}, 0.95)]


def line_of(pilot: Pilot, name: str) -> list[str]:
    """The words of the table's row of that name."""
    return next((row.split() for row in rows(pilot) if row.split()[:1] == [name] and "━━" not in row), [])


# -- what is seen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_curves_summaries_and_differences(two, size):
    async with comparing(two, size) as pilot:
        first, second = (run.id[-4:] for run in two)
        await until(pilot, lambda: line_of(pilot, "accuracy") == ["accuracy", "0.900", "0.950"])
        assert says(pilot, f"━━ {first} 0.988") and says(pilot, f"━━ {second} 0.988"), "the legend of what is claimed"
        assert line_of(pilot, "mlp-mnist") == ["mlp-mnist", first, second]
        await pilot.press("end")
        await until(pilot, lambda: says(pilot, "configured alike"))
        await pilot.press("home")
        for _ in range(40):
            if line_of(pilot, "optimizer.lr"):
                break
            await pilot.press("down")
        assert line_of(pilot, "optimizer.lr")[1:] == ["0.001", "0.5"]
        assert all(len(row) == size[0] for row in rows(pilot))


async def test_each_run_has_the_colour_of_its_curves(home):
    variants = runs.create("mlp-moons", recipes.to_toml(recipes.load("mlp-moons")), {})
    write_log(variants, ["line", "net"])
    found = [variants, ended("mlp-mnist", {}, 0.9)]
    async with comparing(found) as pilot:
        assert screen(pilot).table.colours == [0, 2]
        assert says(pilot, "mlp-moons line") and says(pilot, "mlp-mnist")
        history = screen(pilot).comparison.history
        assert history.started["series"] == ["mlp-moons line", "mlp-moons net", "mlp-mnist"]


async def test_the_best_is_lit_where_it_is_known_what_is_better(two):
    async with comparing(two) as pilot:
        best = {row.name: row.best for row in screen(pilot).table.rows if row.values}
        assert best["accuracy"] == {1} and best["loss"] == frozenset() and best["steps"] == frozenset()


async def test_a_loss_is_better_where_it_is_less_and_what_looks_alike_is_alike(two):
    for run, loss in zip(two, (0.25, 0.3), strict=True):
        log = EventLog(run.log)
        log.write(
            "finished",
            status="done",
            step=9,
            steps=9,
            seconds=1,
            expect=[],
            error="",
            summary={"loss": loss, "auc": 0.9 + loss / 1e6},
        )
        log.close()
    async with comparing(two) as pilot:
        best = {row.name: row.best for row in screen(pilot).table.rows if row.values}
        assert best["loss"] == {0} and best["auc"] == frozenset()


async def test_what_was_turned_is_told(home):
    engine = FakeEngine(series=("",)).start().tick(30)
    engine.log.write("control", op="set", step=20, key="optimizer.lr", value=0.2)
    engine.finish()
    async with comparing([engine.run, ended("mlp-mnist", {}, 0.9)], (120, 50)) as pilot:
        row = next(row for row in screen(pilot).table.rows if row.name == "optimizer.lr" and "at" in row.values[0])
        assert row.values == ("0.2 at 20", "")


async def test_runs_that_go_on_are_followed(two, monkeypatch):
    monkeypatch.setattr(comparison, "STATES_EVERY", 0.05)
    engine = FakeEngine("mlp-mnist", series=("",)).start().tick(10)
    async with comparing([two[0], engine.run]) as pilot:
        await until(pilot, lambda: line_of(pilot, "status") == ["status", "done", "running"])
        engine.tick(490)
        await until(pilot, lambda: line_of(pilot, "steps") == ["steps", "100/100", "500/1000"])
        assert screen(pilot).comparison.history.finished is None
        engine.finish()
        await until(pilot, lambda: line_of(pilot, "status") == ["status", "done", "done"])
        assert screen(pilot).comparison.history.finished


async def test_a_run_whose_recipe_is_broken_is_compared_as_far_as_it_can_be(two):
    two[1].recipe_file.write_text("not = toml = at all")
    async with comparing(two, (140, 50)) as pilot:  # room for the table beside what is told
        await until(pilot, lambda: any("not TOML" in text for text in told(pilot)))
        assert line_of(pilot, "accuracy") == ["accuracy", "0.900", "0.950"]


async def test_runs_without_a_log_are_compared_too(home):
    found = [runs.create("mlp-mnist", "", {}) for _ in range(2)]
    async with comparing(found) as pilot:
        assert says(pilot, "No numbers yet.") and line_of(pilot, "status") == ["status", "starting", "starting"]
        await pilot.press("m", "c", "left", "plus", "z", "z", "z", "end")


@pytest.mark.parametrize("size", [(60, 16), (30, 8), (10, 4)])
async def test_a_small_terminal_shows_one_part_and_says_so(two, size):
    async with comparing(two, size) as pilot:
        await pilot.press("z")
        await until(pilot, lambda: screen(pilot).table.display and not screen(pilot).curves.size)
        assert says(pilot, "status") and says(pilot, f"{size[0]}x{size[1]}"[: size[0]])
        await pilot.press("z")
        await until(pilot, lambda: screen(pilot).curves.size and not screen(pilot).table.size)
        assert all(len(row) == size[0] for row in rows(pilot))


async def test_markup_and_escapes_are_shown_as_they_are(home):
    found = [FakeEngine(series=("[/red]",)).start().tick(3), FakeEngine(series=("\x1b[2J[bold]",)).start().tick(3)]
    for engine in found:
        engine.finish()
    async with comparing([engine.run for engine in found], (120, 40)) as pilot:
        assert says(pilot, "[/red]") and says(pilot, "[bold]")


# -- keys --------------------------------------------------------------------------------------------------------------


async def test_m_goes_through_the_metrics(two):
    async with comparing(two) as pilot:
        for key, metric in (("m", "loss"), ("m", "accuracy"), ("M", "loss")):
            await pilot.press(key)
            await until(pilot, lambda metric=metric: rows(pilot)[0].startswith(metric))


async def test_the_curves_keys_work(two):
    async with comparing(two) as pilot:
        view = screen(pilot).curves.view
        await pilot.press("g")
        assert view.log_y
        await pilot.press("right_square_bracket", "left_square_bracket", "left_square_bracket")
        assert view.smoothing == 1
        await pilot.press("plus", "equals_sign")
        assert view.viewport.length == 12.5
        await pilot.press("h")
        assert view.viewport.right is not None
        await pilot.press("l", "minus", "0")
        assert view.viewport.length is None
        await pilot.press("x", "y")
        assert not view.by_time and view.first == 0


async def test_the_cursor_reads_every_run(two):
    async with comparing(two) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: rows(pilot)[0].startswith(f"step 50  {two[0].id[-4:]} accuracy 0.988"))
        await pilot.press(*["left"] * 20)
        view = screen(pilot).curves.view
        assert view.cursor < 50
        await pilot.press("right", "c")
        assert view.cursor is None


async def test_the_table_scrolls_under_the_names(two):
    async with comparing(two) as pilot:
        table = screen(pilot).table
        for key, moved in (("down", 1), ("j", 1), ("k", -1), ("up", -1), ("pagedown", 1), ("pageup", -1),
                           ("space", 1), ("home", -1), ("end", 1)):  # fmt: skip
            before = table.scroll_y
            await pilot.press(key)
            await until(pilot, lambda before=before, moved=moved: (table.scroll_y - before) * moved > 0)
            assert line_of(pilot, "mlp-mnist"), "the names stay"


async def test_runs_that_have_no_room_come_by_the_arrows(home):
    found = [ended("mlp-mnist", {"train.seed": seed}, 0.9) for seed in range(12)]
    async with comparing(found) as pilot:
        table = screen(pilot).table
        seen = table.columns
        assert 2 <= seen < 12 and says(pilot, f"→ {12 - seen} more")
        await pilot.press("right")
        assert table.first == 1 and says(pilot, f"← 1 more → {11 - seen} more"[:20])
        await pilot.press(*["right"] * 20)
        assert table.first == 12 - seen and says(pilot, found[-1].id[-4:])
        await pilot.press(*["left"] * 20)
        assert table.first == 0


async def test_z_gives_the_whole_screen_to_the_curves_then_to_the_table(two):
    async with comparing(two) as pilot:
        screens = [(True, False), (False, True), (True, True)]
        for curves, table in screens:
            await pilot.press("z")
            await until(
                pilot,
                lambda curves=curves, table=table: (
                    (bool(screen(pilot).curves.size), bool(screen(pilot).table.size)) == (curves, table)
                ),
            )


async def test_y_copies_the_command(two):
    async with comparing(two) as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == f"dltui compare {two[0].id} {two[1].id}"


async def test_escape_goes_back_and_help_names_the_keys(two):
    async with comparing(two, (120, 60)) as pilot:
        await pilot.press("question_mark")
        await until(
            pilot, lambda: says(pilot, "Side by side") and says(pilot, "Next metric") and says(pilot, "Zoom in")
        )
        assert says(pilot, "dltui compare RUN RUN") and not says(pilot, "Scroll Left")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, CompareScreen))


async def test_the_theme_can_change(two):
    async with comparing(two) as pilot:
        await pilot.press("d")
        await until(pilot, lambda: not pilot.app.current_theme.dark)
        assert screen(pilot).curves.shown.look.dark is False
