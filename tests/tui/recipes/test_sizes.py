"""The screen at every size: what is seen, what is said, what survives."""

from tests.tui.conftest import says, until
from tests.tui.recipes.conftest import chosen, has_focus


async def test_at_80x24_one_part_is_seen_beside_the_tree_and_follows_the_focus(screen_at):
    async with screen_at(80, 24) as (pilot, screen):
        await until(pilot, lambda: says(pilot, "Convolutions are"))
        assert says(pilot, " Lesson  Options  Layers ") and not says(pilot, "‹ heavy ›")
        await pilot.press("tab", "tab")
        await until(pilot, lambda: has_focus(screen) == "OptionRows" and says(pilot, "‹ auto ›"))
        assert not says(pilot, "Convolutions are")
        await pilot.press("tab")
        await until(pilot, lambda: has_focus(screen) == "LayerTable" and says(pilot, "82 weights"))
        await pilot.press("escape")
        await until(pilot, lambda: has_focus(screen) == "RecipeTree" and says(pilot, "82 weights"))
        await pilot.click("PaneTabs", offset=(3, 0))
        await until(pilot, lambda: has_focus(screen) == "LessonView" and says(pilot, "Convolutions are"))


async def test_the_nets_are_not_built_where_nobody_sees_them(screen_at, engine):
    async with screen_at(80, 24) as (pilot, screen):
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: chosen(screen) == "duel")
        assert engine.asked == []
        await pilot.press("tab", "tab", "tab")
        await until(pilot, lambda: [recipe.name for recipe in engine.asked] == ["duel"])


async def test_at_60x20_it_says_what_it_does_not_show_and_tab_shows_it(screen_at):
    async with screen_at(60, 20) as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "too narrow for two"))
        assert says(pilot, "▾ Borders") and not says(pilot, "Convolutions are")
        await pilot.press("enter")
        await until(pilot, lambda: says(pilot, "Convolutions are") and not says(pilot, "▾ Borders"))
        await pilot.press("escape")
        await until(pilot, lambda: says(pilot, "▾ Borders"))


async def test_a_terminal_that_is_too_small_says_so_and_recovers(screen_at):
    async with screen_at(80, 24) as (pilot, screen):
        await pilot.resize_terminal(30, 8)
        await until(pilot, lambda: says(pilot, "30x8 is too small"))
        await pilot.press("down", "tab", "enter")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: says(pilot, "Borders") and says(pilot, "‹ auto ›") and screen.focused)
        await pilot.press("escape", "home", "down", "down")
        await until(pilot, lambda: says(pilot, "Two groups of points lie"))


async def test_resizing_while_a_value_is_typed_leaves_it_as_it_was(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "tab", "tab", "down", "down", "down", "enter", *"7")
        for size in ((80, 24), (100, 30), (60, 20), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, lambda: not screen.detail.options.editing)
        assert screen.detail.form.changes == {}
