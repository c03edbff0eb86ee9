"""The app's theme, its colours, and the settings that remember them."""

import os

import pytest

from dltui.render.terminal_capabilities import TerminalCapabilities
from tests.tui.conftest import NONE, opened, told, until


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
    [
        (TerminalCapabilities(), "dark"),
        (TerminalCapabilities(dark=False), "light"),
        (TerminalCapabilities(colours="16"), "terminal"),
        (NONE, "terminal"),
    ],
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
        (home / f".settings.json.{os.getpid()}.part").mkdir()  # where the new file would be written
        pilot.app.settings.set("a", 1)
        await until(pilot, lambda: any("not remembered" in text for text in told(pilot)))
        before = pilot.app.screen.ticks
        await until(pilot, lambda: pilot.app.screen.ticks > before + 3)
        assert sum("not remembered" in text for text in told(pilot)) == 1
