"""What is run, queued, copied and edited is what the form says."""

import contextlib
import os
import stat
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from dltui.recipes import recipe
from dltui.tui.screens.guess import GuessScreen
from tests.tui.conftest import Lab, says, told, until
from tests.tui.recipes.conftest import chosen


@pytest.mark.parametrize(("key", "full", "queue"), [("r", False, False), ("R", True, False), ("Q", False, True)])
async def test_r_runs_and_capital_r_runs_full_and_capital_q_queues_what_the_form_says(screen_at, key, full, queue):
    async with screen_at() as (pilot, _screen):
        await pilot.press("down", "t", key)
        await until(pilot, lambda: pilot.app.asked)
        asked = pilot.app.asked[0]
        assert (asked.recipe_word, asked.changes, asked.device) == ("line", {"optimizer.lr": 5}, "auto")
        assert (asked.full, asked.queue) == (full, queue)
        recipe.load(asked.recipe_word, asked.changes, full=asked.full)


async def test_the_switch_of_the_full_size_and_the_device_go_with_the_run(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "tab", "tab", "down", "right", "down", "space", "r")
        await until(pilot, lambda: pilot.app.asked)
        assert pilot.app.asked[0].full and pilot.app.asked[0].device == "cpu" and pilot.app.asked[0].changes == {}
        assert screen.detail.command.command == "dltui run line --full --device cpu"


async def test_a_recipe_of_one_size_says_so_where_the_full_size_is_wanted(screen_at):
    async with screen_at() as (pilot, _screen):
        await pilot.press("R")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["bend has one size only: r runs it."] and pilot.app.asked == []


@pytest.mark.parametrize(("keys", "value"), [("2", "many"), ("few", "few"), ("7\n1", "few")])
async def test_p_asks_what_the_recipe_asks_and_runs_with_the_guess(screen_at, keys, value):
    async with screen_at() as (pilot, _screen):
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuessScreen))
        for line in keys.split("\n"):
            pilot.app.screen.query_one(Input).value = ""
            await pilot.press(*line, "enter")
        await until(pilot, lambda: pilot.app.asked)
        assert pilot.app.asked[0].recipe_word == "bend"
        assert pilot.app.asked[0].guess == {"answer": "accuracy", "value": value, "language": "en"}


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_a_guess_that_is_left_runs_without_one(screen_at, key):
    async with screen_at() as (pilot, _screen):
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuessScreen))
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.asked)
        assert pilot.app.asked[0].guess is None


async def test_a_guess_that_is_no_answer_is_told_and_a_recipe_that_asks_nothing_says_so(screen_at):
    async with screen_at() as (pilot, _screen):
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, GuessScreen))
        await pilot.press("9", "enter")
        hint = pilot.app.screen.query_one(".hint", Static)
        await until(pilot, lambda: "Not one of 1 to 2: 9" in str(hint.content))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.asked)
        await pilot.press("down", "p")
        await until(pilot, lambda: "line asks nothing: r runs it." in told(pilot))
        assert len(pilot.app.asked) == 1


async def test_keys_that_come_faster_than_the_screen_run_the_recipe_under_the_cursor(screen_at):
    async with screen_at() as (pilot, _screen):
        for key in ("down", "down", "down", "r"):  # none waits for what the one before has set off
            pilot.app.simulate_key(key)
        await until(pilot, lambda: pilot.app.asked)
        assert pilot.app.asked[0].recipe_word == "duel"


async def test_y_copies_the_whole_command_line(screen_at):
    async with screen_at(80, 24) as (pilot, _screen):
        await pilot.press("down", "t", "t", "y")
        command = "dltui run line model.width=16 'model.hidden=[8, 8]' model.activation=tanh train.steps=2000"
        await until(pilot, lambda: pilot.app.clipboard == command)
        assert told(pilot)[-1] == f"Copied: {command}"


@pytest.fixture
def editor(monkeypatch, tmp_path) -> Path:
    """An editor that appends what is in the file `types` to the file it is given."""
    types, script = tmp_path / "types", tmp_path / "editor"
    types.write_text("")
    script.write_text(f'#!/bin/sh\ncat "{types}" >> "$1"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(script))
    monkeypatch.setattr(Lab, "suspend", lambda self: contextlib.nullcontext())
    return types


async def test_e_edits_a_copy_that_is_run_and_edited_again(screen_at, editor, course):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "e")
        await until(pilot, lambda: chosen(screen) == "line-mine")
        assert Path("line-mine.toml").read_text() == (course / "01_borders/line.toml").read_text()
        assert says(pilot, "Your files") and told(pilot)[-1].startswith("line-mine.toml is sound")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.asked)
        assert (
            pilot.app.asked[0].recipe_word == "./line-mine.toml" and recipe.load("./line-mine.toml").name == "line-mine"
        )
        editor.write_text("[modle]\n")
        await pilot.press("e")
        await until(pilot, lambda: len(told(pilot)) == 2)
        assert 'Did you mean "model"?' in told(pilot)[-1]
        assert sorted(os.listdir()) == ["line-mine.toml"]


async def test_a_copy_carries_what_the_form_changes_and_overwrites_nothing(screen_at, editor):
    Path("line-mine.toml").write_text("mine")
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "t", "e")
        await until(pilot, lambda: chosen(screen) == "line-mine-2")
        copied = recipe.load("./line-mine-2.toml")
        assert copied.table["optimizer"]["lr"] == 5 and copied.lesson() == recipe.load("line").lesson()
        assert Path("line-mine.toml").read_text() == "mine"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_copy_of_a_file_in_another_encoding_is_in_utf_8(screen_at, editor, course, encoding):
    text = (course / "01_borders/line.toml").read_text(encoding="utf-8")
    Path("windows.toml").write_text(text, encoding=encoding)
    async with screen_at() as (pilot, screen):
        await pilot.press("end")
        await until(pilot, lambda: chosen(screen) == "windows" and screen.detail.form)
        screen.detail.form.device = "cpu"  # no option of the file: it is copied as it is
        await pilot.press("e")
        await until(pilot, lambda: chosen(screen) == "windows-mine")
        assert Path("windows-mine.toml").read_bytes() == text.encode("utf-8")


async def test_without_an_editor_nothing_is_written(screen_at, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    async with screen_at() as (pilot, _screen):
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["There is no editor. Set EDITOR to one."] and os.listdir() == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("vi 'x", 'EDITOR is "vi \'x": no closing quotation. Example: export EDITOR="code --wait"'),
        ("nosuch -w", "EDITOR names nosuch, which is not there. Set EDITOR to an editor: nano, vim, vi."),
    ],
)
async def test_an_editor_that_cannot_be_started_is_told_before_anything_is_written(screen_at, monkeypatch, given, says):
    monkeypatch.setenv("EDITOR", given)
    async with screen_at() as (pilot, _screen):
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == [says] and os.listdir() == []
