"""The tree by its keys, and how recipes stand in it."""

from dltui.recipes import recipe
from dltui.runs import run as runs
from dltui.tui.messages import OpenRecipe
from tests.tui.conftest import says, told, until, write_log
from tests.tui.recipes.conftest import chosen, has_focus


async def test_it_opens_on_the_first_recipe_with_everything_in_sight(screen_at):
    async with screen_at(120, 40) as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "82 weights"))
        for text in (
            "Borders", "bend", "10 min", "A bend: hidden units", "many.accuracy >= 0.99", "Never run here: press r.",
            "Convolutions are for pictures", "‹ heavy ›", "model of few, many", "layers.0", "$ dltui run bend",
            "search 3 recipes", "r run",
        ):  # fmt: skip
            assert says(pilot, text), text


async def test_keys_move_over_recipes_and_topics(screen_at):
    async with screen_at() as (pilot, screen):
        assert chosen(screen) == "bend"
        for key, name in (
            ("down", "line"), ("j", ""), ("down", "duel"), ("k", ""), ("up", "line"), ("home", ""), ("end", "duel"),
            ("g", ""), ("G", "duel"), ("pageup", ""), ("pagedown", "duel"),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda name=name: chosen(screen) == name)
        await pilot.press("home")
        await until(pilot, lambda: says(pilot, "2 recipes. Enter folds the topic"))
        await pilot.press("r")
        await until(pilot, lambda: told(pilot))
        assert "choose one of its recipes" in told(pilot)[-1] and pilot.app.asked == []


async def test_topics_fold_and_stay_folded_at_the_next_visit(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("left")
        await until(pilot, lambda: chosen(screen) == "")
        await pilot.press("left")
        await until(pilot, lambda: not says(pilot, "→ bend"))
        assert [row.topic for row in screen.tree_view.rows] == ["01_borders", "02_many_nets", "02_many_nets"]
        await pilot.press("right")
        await until(pilot, lambda: says(pilot, "→ bend"))
        await pilot.press("enter", "down")
        await until(pilot, lambda: chosen(screen) == "")
        pilot.app.settings.save()
    async with screen_at() as (_, screen):
        assert screen.tree_view.folded == {"01_borders"}
        assert screen.tree_view.choose("line") and screen.tree_view.folded == set()


async def test_the_recipe_of_the_last_visit_is_chosen_again(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("end")
        await until(pilot, lambda: chosen(screen) == "duel")
        pilot.app.settings.save()
    async with screen_at() as (pilot, screen):
        await until(pilot, lambda: chosen(screen) == "duel")


async def test_what_stands_above_the_recipe_of_the_last_visit_is_seen_where_all_of_it_has_room(screen_at, course):
    for number in range(40):
        (course / "01_borders" / f"more-{number}.toml").write_text((course / "01_borders/line.toml").read_text())
    async with screen_at(80, 24) as (pilot, screen):
        screen.show_recipe("line")
        await until(pilot, lambda: chosen(screen) == "line")
        pilot.app.settings.save()
    async with screen_at(80, 24) as (pilot, screen):
        await until(pilot, lambda: chosen(screen) == "line")
        assert screen.tree_view.scroll_y == 0 and says(pilot, "▾ Borders")


async def test_the_app_can_ask_for_a_recipe(screen_at):
    async with screen_at() as (pilot, screen):
        pilot.app.post_message(OpenRecipe("duel"))
        await until(pilot, lambda: chosen(screen) == "duel")
        pilot.app.post_message(OpenRecipe("gone"))
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ['There is no recipe "gone" here.']


async def test_clicks_choose_open_and_fold(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.click("RecipeTree", offset=(6, 2))
        await until(pilot, lambda: chosen(screen) == "line")
        await pilot.click("RecipeTree", offset=(6, 2))
        await until(pilot, lambda: has_focus(screen) == "LessonView")
        await pilot.click("RecipeTree", offset=(3, 0))
        await until(pilot, lambda: screen.tree_view.folded == {"01_borders"})


async def test_how_recipes_stand_here_is_seen_and_follows_the_runs(screen_at):
    async with screen_at() as (pilot, screen):
        run = finished_run("line")
        await until(pilot, lambda: screen.shelf.marks.get("line"))
        assert screen.shelf.marks["line"].kind == "met" and says(pilot, "✓ line")
        await pilot.press("down")
        await until(pilot, lambda: says(pilot, "Run here once; met its claim"))
        assert run.id in str(screen.shelf.marks["line"].run.path)


def finished_run(name: str) -> runs.Run:
    run = runs.create(name, recipe.to_toml(recipe.load(name)), {"overrides": {}})
    write_log(run, [""])
    return run
