"""The search by its keys."""

from tests.tui.conftest import says, until
from tests.tui.recipes.conftest import chosen, has_focus


async def test_slash_searches_at_every_key(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("slash")
        await until(pilot, lambda: has_focus(screen) == "RecipeSearch")
        await pilot.press(*"fold")
        await until(pilot, lambda: chosen(screen) == "bend" and screen.tree_view.found == 1)
        await pilot.press(*["backspace"] * 4, *"r1")  # r and 1 are letters here
        await until(pilot, lambda: says(pilot, "Nothing has these words."))
        assert pilot.app.asked == [] and screen.shelf.search.value == "r1"
        await pilot.press("escape")
        await until(pilot, lambda: has_focus(screen) == "RecipeTree" and screen.tree_view.found == 3)


async def test_search_in_russian_and_the_arrows_in_it(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("slash", *"границ")
        name = "bend"
        await until(pilot, lambda: screen.tree_view.found == 2 and chosen(screen) == name)
        await pilot.press("down")
        await until(pilot, lambda: chosen(screen) not in ("", name))
        await pilot.press("up")
        await until(pilot, lambda: chosen(screen) == name)
        await pilot.press("enter")
        await until(pilot, lambda: has_focus(screen) == "RecipeTree" and screen.tree_view.found == 2)
        await pilot.press("escape")
        await until(pilot, lambda: screen.tree_view.found == 3 and chosen(screen) == name)


async def test_what_was_found_can_be_run_at_once(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("slash", *"duel", "tab")
        await until(pilot, lambda: has_focus(screen) == "RecipeTree")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.asked)
        assert pilot.app.asked[0].recipe_word == "duel"
