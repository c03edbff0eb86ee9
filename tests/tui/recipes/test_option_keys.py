"""The form by its keys: choices, typed values, answers to wrong ones."""

from tests.tui.conftest import rows, says, told, until
from tests.tui.recipes.conftest import has_focus


async def test_choices_and_numbers_are_turned_by_keys_and_stand_in_the_command(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "tab", "tab")
        await until(pilot, lambda: has_focus(screen) == "OptionRows")
        options = screen.detail.options.rows
        for key, at in (("down", "device"), ("j", "full"), ("down", "train.steps"), ("k", "full"), ("up", "device"),
                        ("end", "data.label"), ("G", "data.label"), ("home", "data.from"), ("g", "data.from"),
                        ("pagedown", "model.width"), ("pageup", "data.from")):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda at=at: options.row.key == at)
        for keys, command in (
            (("right",), "dltui run line --data builtin"),
            (("left",), "dltui run line"),
            (("space", "down", "right"), "dltui run line --data builtin --device cpu"),
            (("backspace", "down", "enter"), "dltui run line --full --data builtin"),
            (("u",), "dltui run line"),
            (("down", "plus"), "dltui run line train.steps=500"),
            (("minus",), "dltui run line"),
            (("right", "delete"), "dltui run line"),
            (("h",), "dltui run line train.steps=100"),
        ):
            await pilot.press(*keys)
            await until(pilot, lambda command=command: screen.detail.command.command == command)


async def test_a_value_is_typed_in_its_place_and_taken_by_enter(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "tab", "tab", "down", "down", "down", "enter")
        await until(pilot, lambda: screen.detail.options.editing)
        place = screen.detail.options.input.region
        assert rows(pilot)[place.y][place.x :].startswith("200")
        await pilot.press(*"31", "enter")
        await until(pilot, lambda: says(pilot, "dltui run line train.steps=31"))
        assert has_focus(screen) == "OptionRows" and says(pilot, "● steps") and says(pilot, "recipe: 200")


async def test_a_wrong_value_is_answered_while_it_is_typed_and_holds_up_the_run(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "tab", "tab", "down", "down", "down", "enter", *"0x")
        await until(pilot, lambda: says(pilot, "✗ steps must be a whole number, not '0x'"))
        await pilot.press("backspace", "enter")
        await until(
            pilot, lambda: says(pilot, "✗ steps must be at least 1, not 0") and says(pilot, "✗ train.steps must be")
        )
        await pilot.press("escape", "r")
        await until(pilot, lambda: told(pilot))
        assert pilot.app.asked == [] and told(pilot)[-1].startswith("Correct the value")
        await until(
            pilot, lambda: has_focus(screen) == "OptionRows" and screen.detail.options.rows.row.key == "train.steps"
        )
        await pilot.press("backspace", "r")
        await until(pilot, lambda: pilot.app.asked)


async def test_typing_is_left_by_escape_and_goes_on_by_arrows_and_tab(screen_at):
    async with screen_at() as (pilot, screen):
        options = screen.detail.options
        await pilot.press("down", "tab", "tab", "down", "down", "down", "enter", *"7", "escape")
        await until(pilot, lambda: not options.editing and has_focus(screen) == "OptionRows")
        assert screen.detail.form.changes == {}
        await pilot.press("enter", *"7", "down")
        await until(
            pilot, lambda: options.rows.row.key == "train.batch" and screen.detail.form.changes == {"train.steps": 7}
        )
        await pilot.press("enter", *"8", "up")
        await until(pilot, lambda: options.rows.row.key == "train.steps" and len(screen.detail.form.changes) == 2)
        await pilot.press("enter", *"9", "tab")
        await until(
            pilot, lambda: options.rows.row.key == "train.batch" and screen.detail.form.changes["train.steps"] == 9
        )
        assert has_focus(screen) == "OptionRows"


async def test_what_only_the_whole_recipe_shows_to_be_wrong_is_answered_too(screen_at, course):
    path = course / "02_many_nets" / "duel.toml"
    path.write_text(path.read_text() + "\n[model.third]\nkind = 'slim'\n")
    async with screen_at() as (pilot, _screen):
        await pilot.press("end")
        await until(pilot, lambda: says(pilot, "✗ model.third"))


async def test_a_file_that_is_no_recipe_says_so_in_every_part(screen_at, course):
    (course / "03_more").mkdir()
    (course / "03_more" / "torn.toml").write_text("title =")
    async with screen_at() as (pilot, _screen):
        await pilot.press("end")
        await until(pilot, lambda: says(pilot, "not TOML"))
        for key in ("r", "t", "y", "tab", "tab", "tab", "enter", "right", "u", "backspace"):
            await pilot.press(key)
        await until(pilot, lambda: told(pilot))
        assert pilot.app.asked == []


async def test_what_was_changed_stays_while_another_recipe_is_looked_at(screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down", "t", "up")
        await until(pilot, lambda: screen.detail.command.command == "dltui run bend")
        await pilot.press("down")
        await until(pilot, lambda: screen.detail.command.command == "dltui run line optimizer.lr=5")
