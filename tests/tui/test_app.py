"""The app's own part: places, going back, what screens ask for, the one timer, faults that must not end it."""

import asyncio
import os
import signal
import sys

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from dltui import launch, queue, run
from dltui.render.look import Look
from dltui.tui import start, starting
from dltui.tui.messages import OpenCompare, OpenRecipe, OpenRun, StartRun, Told
from dltui.tui.screens import help as help_screen
from tests.cli.conftest import FAKE
from tests.tui.conftest import DARK, NONE, Lab, opened, says, told, until


class Words(Static, can_focus=True):
    """Something else that can have the focus."""


class RecipesScreen(Screen):
    """Stands in for the recipes: a field to type into, and a count of the timer's ticks."""

    ticks = looks = 0
    shown = ""

    def compose(self) -> ComposeResult:
        yield Input(id="search")
        yield Words("recipes")

    def drain(self) -> None:
        self.ticks += 1

    def look_changed(self) -> None:
        self.looks += 1

    def show_recipe(self, name: str) -> None:
        self.shown = name


class RunsScreen(Screen):
    def compose(self) -> ComposeResult:
        yield Static("all runs")


class RunScreen(Screen):
    def __init__(self, run: run.Run):
        super().__init__()
        self.run_shown = run

    def compose(self) -> ComposeResult:
        yield Static(f"run {self.run_shown.id}", markup=False)


class CompareScreen(Screen):
    def __init__(self, runs: list[run.Run]):
        super().__init__()
        self.compared = runs


@pytest.fixture
def lab(monkeypatch):
    """lab() -> the app over small screens."""
    from dltui.tui import app

    screens = {"recipes": RecipesScreen, "runs": RunsScreen, "run": RunScreen, "compare": CompareScreen}
    monkeypatch.setattr(app, "_screen", lambda name, *given: screens[name](*given))
    return lambda look=DARK, **options: Lab(look, **options)


# -- places ------------------------------------------------------------------------------------------------------------


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


# -- looks and settings ------------------------------------------------------------------------------------------------


async def test_the_look_follows_the_theme_and_the_theme_is_remembered(lab):
    async with opened(lab()) as pilot:
        assert pilot.app.look.dark
        await pilot.press("tab", "d")
        await until(pilot, lambda: pilot.app.screen.looks)
        assert not pilot.app.look.dark and pilot.app.theme == "light"
        await until(pilot, lambda: pilot.app.settings.path.exists())
    async with opened(lab()) as pilot:
        assert pilot.app.theme == "light"


@pytest.mark.parametrize(
    ("look", "theme"),
    [(Look(), "dark"), (Look(dark=False), "light"), (Look(colours="16"), "terminal"), (NONE, "terminal")],
)
async def test_the_theme_fits_the_terminal(lab, look, theme):
    async with opened(lab(look)) as pilot:
        assert pilot.app.theme == theme and pilot.app.look == look


async def test_without_colours_no_colour_is_drawn(lab, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(lab(NONE)) as pilot:
        await pilot.press("f1")
        strips = pilot.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        colours = {colour for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert styles and all(colour.is_default for colour in colours)


async def test_a_broken_settings_file_is_told_and_the_app_opens(lab, home):
    home.mkdir()
    (home / "settings.json").write_text("{")
    async with opened(lab()) as pilot:
        await until(pilot, lambda: told(pilot))
        assert "settings.json.broken" in told(pilot)[0]


async def test_settings_that_cannot_be_written_are_told_once(lab, home):
    async with opened(lab()) as pilot:
        home.mkdir()
        (home / f".settings.json.{os.getpid()}").mkdir()  # where the new file would be written
        pilot.app.settings.set("a", 1)
        await until(pilot, lambda: any("not remembered" in text for text in told(pilot)))
        before = pilot.app.screen.ticks
        await until(pilot, lambda: pilot.app.screen.ticks > before + 3)
        assert sum("not remembered" in text for text in told(pilot)) == 1


# -- what is told ------------------------------------------------------------------------------------------------------


async def test_what_is_told_is_drawn_as_it_is(lab):
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(Told("[bold]a[/red] \x1b[2J\x1b]52;c;evil\x07[/]", "error"))
        await until(pilot, lambda: says(pilot, "[bold]a[/red] [/]"))


# -- the one timer -----------------------------------------------------------------------------------------------------


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


# -- starting ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def engine(monkeypatch):
    """Engines that train nothing; those that still run at the end are ended."""
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), "wait"))
    yield
    for one in run.newest_first():
        launch.kill(one)


async def test_a_run_is_started_opened_and_goes_on_after_the_app(lab, engine):
    async with opened(lab()) as pilot:
        asked = StartRun("mlp-moons", {"train.steps": 300}, device="cpu")
        pilot.app.screen.post_message(asked)
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        shown = pilot.app.screen.run_shown
        info = shown.info()
        assert info["overrides"] == {"train.steps": 300} and info["device"] == "cpu"
        assert info["argv"] == ["run", "mlp-moons", "train.steps=300", "--device", "cpu"]
        await until(pilot, lambda: run.engine_pid(shown))
    assert run.engine_pid(shown), "closing the app ends no run"


async def test_what_cannot_be_started_is_told_in_words(lab, engine):
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(StartRun("mlp-moons", {"train.stepz": 3}))
        await until(pilot, lambda: told(pilot))
        assert 'Did you mean "steps"?' in told(pilot)[0] and not run.newest_first()


async def test_a_run_can_wait_in_the_queue(lab, monkeypatch):
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(StartRun("mlp-moons", {}, queue=True))
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["mlp-moons waits in the queue as number 1."]
    assert [entry.recipe for entry in queue.waiting()] == ["mlp-moons"] and not run.newest_first()


async def test_a_queue_that_nobody_works_off_is_taken_up(lab, monkeypatch):
    started = []
    monkeypatch.setattr(queue, "ensure_worker", lambda: started.append(1) or 2)
    async with opened(lab()) as pilot:
        await until(pilot, lambda: told(pilot))
        assert started and "2 in the queue" in told(pilot)[0]


def test_a_path_to_data_starts_at_the_current_folder(home, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    recipe = starting._recipe(StartRun("mlp-mnist", {"data.from": "mine"}))
    assert recipe.data_from == str(tmp_path / "mine")


# -- the environment ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "remote"),
    [
        ({}, False),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, True),
        ({"SSH_TTY": "/dev/pts/3"}, True),
        ({"SSH_TTY": ""}, False),
    ],
)
def test_a_terminal_behind_ssh_is_remote(variables, remote):
    assert start.is_remote(variables) == remote


def test_textual_is_told_what_the_terminal_is():
    near, far = {}, {"TEXTUAL_FPS": "7"}
    start.prepare(near, Look(colours="256"), remote=False)
    start.prepare(far, Look(colours="none"), remote=True)
    assert near["TEXTUAL_COLOR_SYSTEM"] == "256" and "NO_COLOR" not in near
    assert far["TEXTUAL_FPS"] == "7" and far["NO_COLOR"] == "1" and far["TEXTUAL_ANIMATIONS"] == "none"
    assert int(near["TEXTUAL_FPS"]) > 20


def test_an_empty_no_color_means_nothing():
    variables = {"NO_COLOR": ""}
    start.prepare(variables, Look(), remote=False)
    assert "NO_COLOR" not in variables


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
