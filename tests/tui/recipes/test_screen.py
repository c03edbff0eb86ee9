"""The screen as a whole."""

import asyncio
import os
import time
from pathlib import Path

from textual.widgets import Input

from dltui.tui import recipe_index
from tests.tui.conftest import DARK, Lab, opened, says, until
from tests.tui.recipes.conftest import chosen


async def test_every_part_has_help_and_a_hint_that_names_its_shell_twin(screen_at):
    async with screen_at() as (pilot, screen):
        for keys in ((), ("tab",), ("tab",), ("tab",), ("slash",)):
            await pilot.press(*keys)
            await pilot.pause()
            title, _, text = screen.focused.HELP.partition("\n")
            assert title and "dltui " in text and screen.focused.HINT


async def test_a_hundred_keys_at_once_break_nothing(screen_at):
    async with screen_at() as (pilot, screen):
        for key in (
            "down",
            "tab",
            "right",
            "tab",
            "up",
            "t",
            "l",
            "shift+tab",
            "home",
            "slash",
            "x",
            "escape",
            "end",
            "u",
        ) * 8:
            pilot.app.simulate_key(key)
        await until(pilot, lambda: pilot.app._message_queue.empty())
        await pilot.press("escape", "escape", "home", "down")
        await until(pilot, lambda: chosen(screen) == "bend")


async def test_text_of_recipes_is_drawn_as_it_is(screen_at, course):
    path = course / "01_borders" / "bend.toml"
    path.write_text(path.read_text().replace("A bend", "[red]A[/red] \\u001b[31mbend"))
    async with screen_at() as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "[red]A[/red] bend: hidden units"))


async def test_all_242_recipes_answer_a_key_of_the_search_within_20_ms(screen_at, course):
    text = (course / "01_borders" / "line.toml").read_text()
    for number in range(240):
        (course / "01_borders" / f"recipe-{number}.toml").write_text(text)
    async with opened(Lab(DARK), (120, 40)) as pilot:
        screen = pilot.app.screen
        await until(
            pilot, lambda: len(screen.tree_view.entries) == 243 and all(e.title for e in screen.tree_view.entries)
        )
        taken = []
        for query in ("r", "re", "rec", "recipe", "recipe 1", "points", "грани", "граница", "nothing", ""):
            begun = time.perf_counter()
            screen.tree_view.search_for(query)
            taken.append(time.perf_counter() - begun)
        assert sorted(taken)[len(taken) // 2] < 0.02


async def test_input_of_the_form_never_filters_the_tree(screen_at):
    async with screen_at() as (pilot, screen):
        screen.detail.options.input.post_message(Input.Changed(screen.detail.options.input, "nothing"))
        await pilot.pause()
        await asyncio.sleep(0)
        assert screen.tree_view.found == 3


STRANGE = {
    "digits": f'title = "x"\nseconds = {"9" * 5000}',
    "hex": f'title = "x"\nseconds = 0x{"f" * 6000}\n[task]\nkind = "sort"',
    "deep": f"[{'.'.join('a' * 900)}]\nx = 1",
    "infinite": 'title = "x"\nseconds = inf\n[task]\nkind = "sort"',
    "types": 'title = 1\nsummary = []\nseconds = "x"\nexpect = 3\nlesson = 4\nfull = 5\nvariants = 6\n'
    "model = 7\ndata = []\nprobe = 8\noptimizer = 9\ntrain = 1\n[task]\nkind = 2",
    "torn": "title =",
}


async def test_foreign_files_of_the_current_folder_are_listed_with_what_is_wrong_and_end_nothing(screen_at):
    for name, text in STRANGE.items():
        Path(f"{name}.toml").write_text(text)
    os.mkfifo("pipe.toml")
    Path("endless.toml").symlink_to("/dev/zero")
    Path("large.toml").write_text("#" * 300_000)
    async with screen_at() as (pilot, screen):
        own = {entry.name: entry.title for entry in screen.tree_view.entries if entry.topic == recipe_index.OWN}
        assert set(own) == {*STRANGE, "pipe", "endless", "large"}
        assert all(title.startswith("cannot be read: ") for name, title in own.items() if name != "types")
        await pilot.press("end")
        for name in sorted(own, reverse=True):
            await until(pilot, lambda name=name: chosen(screen) == name)
            await pilot.press("up")


async def test_the_exercises_on_a_recipe_stand_below_its_lesson(screen_at, course):
    folder = course / "01_borders" / "exercises"
    folder.mkdir()
    (folder / "bend-it.toml").write_text('recipe = "bend"\n')
    async with screen_at(120, 60) as (pilot, screen):
        await until(pilot, lambda: chosen(screen) == "bend")
        await until(pilot, lambda: says(pilot, "dltui exercise bend-it"))
        await pilot.press("down")
        await until(pilot, lambda: chosen(screen) != "bend" and not says(pilot, "dltui exercise bend-it"))
