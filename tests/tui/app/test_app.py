"""The app's own part: places, going back, the one timer, what is told, faults that must not end it."""

import asyncio
import os
import signal

import pytest
from textual.widgets import Input

from dltui.jobs import launch
from dltui.runs import run
from dltui.tui.messages import OpenCompare, OpenRecipe, OpenRun, Told
from dltui.tui.screens import help as help_screen
from tests.tui.app.conftest import CompareScreen, RecipesScreen, RunScreen, RunsScreen
from tests.tui.conftest import NONE, opened, says, told, until


async def test_the_three_places_and_the_way_back(lab, make_run):
    made = make_run()
    async with opened(lab()) as pilot:
        await pilot.press("tab")  # out of the field
        await pilot.press("3")
        assert isinstance(pilot.app.screen, RunsScreen)
        await pilot.press("2")
        assert pilot.app.screen.run_shown == made
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RunsScreen)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RecipesScreen)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RecipesScreen)


async def test_a_place_keeps_its_state(lab):
    async with opened(lab()) as pilot:
        before = pilot.app.screen
        before.query_one(Input).value = "gan"
        await pilot.press("tab", "3", "1")
        assert pilot.app.screen is before and before.query_one(Input).value == "gan"


async def test_keys_typed_into_a_field_stay_there(lab):
    async with opened(lab()) as pilot:
        pilot.app.screen.query_one(Input).focus()
        await pilot.press(*"123qd")
        assert pilot.app.screen.query_one(Input).value == "123qd" and pilot.app.current_theme.dark
        await pilot.press("f1")
        assert isinstance(pilot.app.screen, help_screen.HelpScreen)


async def test_one_run_is_open_at_a_time(lab, make_run):
    first, second = make_run(), make_run()
    async with opened(lab()) as pilot:
        pilot.app.post_message(OpenRun(first))
        await until(pilot, lambda: says(pilot, first.id))
        pilot.app.post_message(OpenRun(second))
        await until(pilot, lambda: says(pilot, second.id))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RecipesScreen), "the run that was closed is not gone back to"
        pilot.app.post_message(OpenRun(first))
        await until(pilot, lambda: says(pilot, first.id))
        assert sum(isinstance(node, RunScreen) for node in pilot.app._registry) == 1


async def test_without_runs_the_key_says_what_to_do(lab):
    async with opened(lab()) as pilot:
        await pilot.press("tab", "2")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["No runs yet: press r on a recipe."]


async def test_a_run_that_was_deleted_is_not_opened(lab, make_run):
    made = make_run()
    run.remove(made)
    async with opened(lab()) as pilot:
        pilot.app.post_message(OpenRun(made))
        await until(pilot, lambda: told(pilot))
        assert "not there any more" in told(pilot)[0] and isinstance(pilot.app.screen, RecipesScreen)


async def test_runs_are_compared_over_the_runs(lab, make_run):
    made = [make_run(), make_run()]
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(OpenCompare(made))
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        assert pilot.app.screen.compared == made
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_a_recipe_is_shown_from_anywhere(lab):
    async with opened(lab()) as pilot:
        await pilot.press("tab", "3")
        pilot.app.screen.post_message(OpenRecipe("gan-mnist"))
        await until(pilot, lambda: getattr(pilot.app.screen, "shown", "") == "gan-mnist")


async def test_a_russian_keyboard_reaches_every_key_of_a_letter(lab):
    async with opened(lab()) as pilot:
        await pilot.press("tab", "в")  # where d is
        await until(pilot, lambda: not pilot.app.current_theme.dark)


async def test_what_is_told_is_drawn_as_it_is(lab):
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(Told("[bold]a[/red] \x1b[2J\x1b]52;c;evil\x07[/]", "error"))
        await until(pilot, lambda: says(pilot, "[bold]a[/red] [/]"))


async def test_only_what_is_shown_takes_in_what_is_new(lab):
    async with opened(lab()) as pilot:
        recipes = pilot.app.screen
        await until(pilot, lambda: recipes.ticks > 1)
        await pilot.press("f1")
        before = recipes.ticks
        await until(pilot, lambda: recipes.ticks > before + 1)  # it is seen behind the help
        await pilot.press("escape", "tab", "3")
        before = recipes.ticks
        runs = pilot.app.screen
        runs.drain = lambda: setattr(runs, "ticks", getattr(runs, "ticks", 0) + 1)
        await until(pilot, lambda: getattr(runs, "ticks", 0) > 2)
        assert recipes.ticks == before


async def test_a_terminal_that_lags_behind_is_given_no_more(lab):
    async with opened(lab()) as pilot:
        pilot.app._driver.congested = True
        recipes, before = pilot.app.screen, pilot.app.screen.ticks
        pilot.app.settings.set("a", 1)
        await until(pilot, lambda: pilot.app.settings.path.exists())  # the timer goes on
        assert recipes.ticks == before
        pilot.app._driver.congested = False
        await until(pilot, lambda: recipes.ticks > before)


@pytest.mark.parametrize(("remote", "frames"), [(False, 4), (True, 2)])
async def test_a_slow_line_gets_fewer_frames(lab, remote, frames):
    async with opened(lab(remote=remote)) as pilot:
        timer = next(timer for timer in pilot.app._timers if timer.name == "drain")
        assert timer._interval == 1 / frames


async def test_children_hear_of_no_color(lab, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(lab(NONE)):
        assert launch.environment()["NO_COLOR"] == "1"


async def test_what_breaks_while_it_closes_is_no_fault(lab):
    app = lab()
    async with opened(app):
        app.exit()
        app._handle_exception(ValueError("a screen was still being made"))
    assert app.return_code == 0


async def test_sigterm_closes_it_and_is_its_status(lab):
    app = lab()
    async with opened(app):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            if app.return_code is not None:
                break
            await asyncio.sleep(0.005)
        assert app.return_code == 143
