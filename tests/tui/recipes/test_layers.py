"""The layers: asked of the engine when they are seen, never twice, never after the cursor has gone on."""

from dltui.cli import model_start
from dltui.errors import DltuiError
from dltui.recipes import schema
from dltui.tui.widgets import recipe_detail
from tests.tui.conftest import says, until
from tests.tui.recipes.conftest import NETS, has_focus


async def test_moving_on_ends_the_process_that_builds_the_nets(screen_at, engine):
    async with screen_at() as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "82 weights"))
        engine.may.clear()
        await pilot.press("down")
        await until(pilot, lambda: engine.asked[-1].name == "line" and says(pilot, "Building the nets"))
        await pilot.press("up")
        await until(pilot, lambda: engine.cancelled == 1 and says(pilot, "82 weights"))
        assert [recipe.name for recipe in engine.asked] == ["bend", "line"]  # bend was known by then


async def test_nets_are_built_anew_only_for_what_changes_them(screen_at, engine):
    async with screen_at() as (pilot, screen):
        await until(pilot, lambda: says(pilot, "82 weights"))
        form = screen.detail.form
        for key, text, asked in (("train.steps", "5", 1), ("optimizer.lr", "0.2", 1), ("model.width", "3", 2)):
            form.put(form.row(key), text)
            screen.detail.options.rows.changed()
            await until(pilot, lambda asked=asked: len(engine.asked) == asked and says(pilot, "82 weights"))
        assert engine.asked[-1].models["model"].options["width"] == 3


async def test_layers_are_scrolled_by_keys(screen_at, engine, monkeypatch):
    monkeypatch.setitem(NETS, "deep", [NETS["model"][0]] * 60)
    async with screen_at() as (pilot, screen):
        await pilot.press("tab", "tab", "tab")
        await until(pilot, lambda: has_focus(screen) == "LayerTable" and says(pilot, "2,880 weights"))
        table = screen.detail.layer_table
        for key, y in (
            ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("pagedown", 10), ("pageup", 0), ("space", 10), ("home", 0),
            ("end", table.max_scroll_y), ("g", 0), ("G", table.max_scroll_y),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda y=y: table.scroll_y == y)


async def test_what_the_engine_cannot_build_is_told_in_words(screen_at, monkeypatch):
    async def refuse(recipe):
        raise DltuiError("the nets do not fit.", "Try another.")

    async with screen_at() as (pilot, _screen):
        monkeypatch.setattr(recipe_detail, "layers_of", refuse)
        await pilot.press("down")
        await until(pilot, lambda: says(pilot, "the nets do not fit. Try another."))


async def test_nothing_is_built_while_the_screen_is_not_looked_at(screen_at, engine):
    async with screen_at() as (pilot, _screen):
        await until(pilot, lambda: says(pilot, "82 weights"))
        engine.may.clear()
        await pilot.press("down")
        await until(pilot, lambda: len(engine.asked) == 2)
        await pilot.press("question_mark")
        await until(pilot, lambda: engine.cancelled == 1)
        await pilot.press("escape")
        await until(pilot, lambda: len(engine.asked) == 3)


async def test_code_beside_a_recipe_is_not_run_by_looking_at_it(screen_at, engine, monkeypatch):
    """Guards a folder from anywhere: to move over its recipes is not to ask that its Python files be run."""
    async with screen_at() as (pilot, screen):
        await until(pilot, lambda: says(pilot, "82 weights"))
        asked, detail = len(engine.asked), screen.detail
        monkeypatch.setattr(schema, "_declared", {})
        (detail.entry.path.parent / "my_net.py").write_text(model_start.files("my_net")["my_net.py"])
        detail.show(detail.entry, {**detail.table, "kinds": ["my_net.py"]}, "")
        detail._known_layers.clear()
        form = detail.form
        form.put(form.row("model.width"), "3")
        detail.options.rows.changed()
        told = "Its nets are code of your own. To build them: dltui show bend --layers"
        await until(pilot, lambda: detail.layer_table.said[0] == told)
        await pilot.pause(2 * (recipe_detail.SETTLED + recipe_detail.RESTED))
        assert len(engine.asked) == asked
