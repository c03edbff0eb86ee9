"""Help tells the keys of what has the focus, from the inside out, in words; it is as good at 80x24 as it is large."""

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input, Static

from dltui.tui.screens.help import HelpScreen, lines, sections
from tests.tui.conftest import Lab, opened, rows, says, until


class Curve(Static, can_focus=True):
    HELP = "Curves\nThe loss and what the task measures, step by step. [not markup]"
    BINDINGS: ClassVar = [
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", id="test.zoom-in"),
        Binding("l", "log", "Logarithmic axis", tooltip="Values of 0 and below are left out.", id="test.log"),
        Binding("h", "hidden", "Not now", id="test.hidden"),
        Binding("ctrl+k", "silent", "", id="test.silent"),
    ]

    def check_action(self, action: str, parameters: tuple) -> bool:
        return action != "hidden"


class Watching(Screen):
    HELP = "A run\nWhat it learns. In a shell: dltui attach RUN."
    BINDINGS: ClassVar = [Binding("p", "pause", "Pause", id="test.pause")]

    def compose(self) -> ComposeResult:
        yield Curve("curves")
        yield Input()


@pytest.fixture
def app() -> Lab:
    return Lab(modes={"recipes": Watching})


async def test_it_goes_from_the_inside_out(app):
    async with opened(app):
        curve, screen, lab = sections(app.screen)
        assert (curve.title, screen.title, lab.title) == ("Curves", "A run", "Everywhere")
        assert [(key.keys, key.description, key.id) for key in curve.keys] == [
            ("+ =", "Zoom in", "test.zoom-in"),
            ("l", "Logarithmic axis. Values of 0 and below are left out.", "test.log"),
        ]
        assert ("p", "Pause", "test.pause") in screen.keys
        assert {"app.quit-anywhere", "app.help", "app.recipes"} <= {key.id for key in lab.keys}


async def test_another_focus_is_another_help(app):
    async with opened(app) as pilot:
        await pilot.press("tab")
        assert [section.title for section in sections(app.screen)] == ["A run", "Everywhere"]


@pytest.mark.parametrize("key", ["escape", "question_mark", "f1", "q", "enter"])
async def test_any_of_its_keys_closes_it(app, key):
    async with opened(app) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await until(pilot, lambda: says(pilot, "Zoom in"))
        await pilot.press(key)
        assert isinstance(app.screen, Watching)


async def test_a_key_from_the_file_is_the_key_that_is_shown(app, home):
    home.mkdir()
    (home / "keys.toml").write_text('test.log = "f6"')
    async with opened(app):
        assert sections(app.screen)[0].keys[-1].keys == "f6"


async def test_all_of_it_can_be_reached_where_it_does_not_fit(app):
    async with opened(app, (60, 12)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: says(pilot, "Curves"))
        assert not says(pilot, "Quit")
        for _ in range(40):
            await pilot.press("down")
        assert says(pilot, "keys.toml") and not says(pilot, "Curves")


@pytest.mark.parametrize("width", [20, 38, 60, 76, 96, 150])
async def test_no_line_is_wider_than_there_is_room(app, width):
    async with opened(app):
        drawn = list(lines(sections(app.screen), width))
        assert max(line.cell_length for line in drawn) <= max(width, 30)
        assert "[not markup]" in " ".join(line.plain for line in drawn)


async def test_it_looks_as_it_was_looked_at(golden, case, monkeypatch, home):
    monkeypatch.setenv("DLTUI_HOME", "/home/ada")
    app = Lab(case.look, modes={"recipes": Watching})
    app.settings.path = home / "settings.json"
    async with opened(app, (case.width, case.height)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: any("Zoom in" in row for row in rows(pilot)))
        golden("help", pilot)
