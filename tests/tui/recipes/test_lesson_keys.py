"""The lesson by its keys, and the way through the parts."""

from tests.tui.conftest import says, told, until
from tests.tui.recipes.conftest import chosen, has_focus


async def test_enter_reads_and_goes_on_to_the_options_and_escape_returns(screen_at):
    async with screen_at() as (pilot, screen):
        for key, widget in (
            ("enter", "LessonView"),
            ("enter", "OptionRows"),
            ("escape", "RecipeTree"),
            ("space", "LessonView"),
        ):
            await pilot.press(key)
            await until(pilot, lambda widget=widget: has_focus(screen) == widget)


async def test_tab_goes_round_in_both_directions(screen_at):
    async with screen_at() as (pilot, screen):
        there = ["LessonView", "OptionRows", "LayerTable", "RecipeTree"]
        for key, widgets in (("tab", there), ("shift+tab", [*reversed(there[:3]), "RecipeTree"])):
            for widget in widgets:
                await pilot.press(key)
                await until(pilot, lambda widget=widget: has_focus(screen) == widget)


async def test_l_switches_the_lesson_s_language_and_it_is_remembered(screen_at):
    async with screen_at() as (pilot, _screen):
        await pilot.press("l")
        await until(pilot, lambda: says(pilot, "Свёртки нужны картинкам"))
        pilot.app.settings.save()
    async with screen_at() as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "Свёртки нужны картинкам"))
        await pilot.press("l")
        await until(pilot, lambda: says(pilot, "Convolutions are for"))


async def test_a_lesson_is_scrolled_by_keys(screen_at):
    async with screen_at(80, 16) as (pilot, screen):
        await pilot.press("down", "enter")
        await until(pilot, lambda: has_focus(screen) == "LessonView" and chosen(screen) == "line")
        lesson = screen.detail.lesson
        for key, there in (
            ("down", lambda: lesson.scroll_y == 1),
            ("j", lambda: lesson.scroll_y == 2),
            ("up", lambda: lesson.scroll_y == 1),
            ("k", lambda: lesson.scroll_y == 0),
            ("pagedown", lambda: lesson.scroll_y > 3),
            ("pageup", lambda: lesson.scroll_y == 0),
            ("end", lambda: lesson.scroll_y == lesson.max_scroll_y),
            ("home", lambda: lesson.scroll_y == 0),
            ("G", lambda: lesson.scroll_y > 3),
            ("g", lambda: lesson.scroll_y == 0),
            ("space", lambda: lesson.scroll_y > 3),
        ):
            await pilot.press(key)
            await until(pilot, there)


async def test_t_puts_the_lesson_s_commands_into_the_options_one_after_another(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "t")
        await until(pilot, lambda: says(pilot, "$ dltui run line optimizer.lr=5"))
        assert says(pilot, "▶  dltui run line optimizer.lr=5") and screen.detail.options.rows.row.key == "optimizer.lr"
        await pilot.press("t")
        await until(pilot, lambda: screen.detail.form.changes.get("model.hidden") == [8, 8])
        assert "optimizer.lr" not in screen.detail.form.changes
        await pilot.press("t")
        await until(pilot, lambda: told(pilot))
        assert told(pilot)[-1] == "For the shell, copied: dltui compare line bend"
        assert pilot.app.clipboard == "dltui compare line bend"
        await pilot.press("up", "t")
        await until(pilot, lambda: len(told(pilot)) == 2)
        assert told(pilot)[-1] == "This lesson has no commands to try."
