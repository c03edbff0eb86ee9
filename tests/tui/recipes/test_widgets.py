"""What the widgets show, at both sizes and in every look, as a person has seen it; and without Unicode."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from dltui.recipes import recipe
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import run as runs
from dltui.runs.course import Step
from dltui.runs.recipe_status import Mark
from dltui.runs.run import State
from dltui.tui import recipe_index
from dltui.tui.form import Form
from dltui.tui.layer_query import Nets
from dltui.tui.recipe_rows import Standing, duration
from dltui.tui.widgets.command_line import CommandLine, words
from dltui.tui.widgets.course_line import CourseLine
from dltui.tui.widgets.course_line import lines as course_lines
from dltui.tui.widgets.layer_table import LayerTable, lines
from dltui.tui.widgets.lesson_view import LessonView
from dltui.tui.widgets.option_form import OptionForm
from dltui.tui.widgets.recipe_header import RecipeHeader, standing
from dltui.tui.widgets.recipe_tree import RecipeTree
from tests.tui.conftest import holding, rows, says, until
from tests.tui.recipes.conftest import NETS

ASCII = TerminalCapabilities(unicode=False, colours="none")
DEEP = {
    "generator": [
        {"name": f"net.{number}", "kind": "ConvTranspose2d", "shape": [64, 7 * number, 7], "params": 4**number * 1000}
        for number in range(5)
    ],
    "discriminator": NETS["model"],
}
SEVERAL = [
    Nets(["plain", "with_a_penalty"], DEEP),
    Nets([f"with_{number}_units_in_each_of_its_layers" for number in range(4)], NETS),
    Nets(["nearest"], {}),
]


def tree_of(course) -> RecipeTree:
    tree = RecipeTree()
    entries = [recipe_index.read(entry) for entry in recipe_index.listed()]
    state = State("done", 5, 5, {}, [{"ok": True}], 1.0, "")
    kinds = ("met", "missed", "live")
    tree.show(entries)
    marks = {e.name: Mark(kind, runs.Run(course), 1, state, {}) for e, kind in zip(entries, kinds, strict=True)}
    tree.standing = Standing(marks, {"01_borders": 1, "02_many_nets": 0}, "")
    return tree


def changed_form() -> Form:
    form = Form(recipe.read_table(recipe.find("line")))
    form.put(form.row("optimizer.lr"), "-3")
    form.put(form.row("model.hidden"), "[8, 8]")
    form.put(form.row("data.from"), "builtin")
    form.turn(form.row("model.bias"), 1)
    return form


async def test_the_tree(course, case, golden):
    async with holding(tree_of(course), case.look, case[:2]) as pilot:
        await pilot.press("down")
        golden("recipe_tree", pilot)


async def test_the_lesson(course, case, golden):
    view = LessonView()
    table = recipe.read_table(recipe.find("line"))
    async with holding(view, case.look, case[:2]) as pilot:
        view.show(table["lesson"]["en"], table["refs"])
        view.next_command()
        await pilot.pause()
        golden("lesson_view", pilot)


async def test_the_options(course, case, golden):
    form = OptionForm()
    async with holding(form, case.look, case[:2]) as pilot:
        form.show(changed_form())
        form.go_to_wrong()
        form.rows.focus()
        await until(pilot, lambda: says(pilot, "must be above 0"))
        golden("option_form", pilot)


async def test_the_layers(case, golden):
    table = LayerTable()
    async with holding(table, case.look, case[:2]) as pilot:
        table.show(SEVERAL)
        await pilot.pause()
        golden("layer_table", pilot)


async def test_without_unicode_nothing_but_ascii_is_drawn(course):
    lesson, command, table, options = LessonView(), CommandLine(), LayerTable(), OptionForm()
    for widget in (tree_of(course), lesson, command, table, options):
        async with holding(widget, ASCII, (50, 60)) as pilot:
            lesson.lesson = "See `y = x`:\n\n    dltui run line"
            if widget is command:
                command.show(words("line", changed_form()))
            if widget is table:
                table.show(SEVERAL)
            if widget is options:
                options.show(changed_form())
            await pilot.pause()
            assert all(row.isascii() for row in rows(pilot)), type(widget).__name__


@pytest.mark.parametrize("width", [10, 20, 30, 44, 60, 100])
@pytest.mark.parametrize("look", [TerminalCapabilities(), ASCII])
def test_no_line_of_the_layers_is_wider_than_asked(width, look):
    for cells in lines(SEVERAL, width, look):
        assert sum(cell_len(text) for text, _ in cells) <= width


def test_nets_are_headed_by_their_role_and_by_every_variant_that_has_them():
    heads = ["".join(text for text, _ in cells).rstrip() for cells in lines(SEVERAL, 60, ASCII) if cells]
    assert "generator of plain, with_a_penalty           341,000 weights" in heads
    assert "discriminator of plain, with_a_penalty            82 weights" in heads
    told = " ".join(heads)
    assert all(name in told for one in SEVERAL for name in one.variants)
    assert heads[-1] == "No net: nearest"


async def test_a_net_of_unheard_of_layers_is_drawn_harmless():
    table = LayerTable()
    layers = [{"name": "\x1b[2J", "kind": "[red]X", "shape": [], "params": 0}]
    async with holding(table) as pilot:
        table.show([Nets([""], {"net\n": layers})])
        await until(pilot, lambda: says(pilot, "[red]X"))
        table.show([Nets([""], {"empty": []})])
        await until(pilot, lambda: says(pilot, "0 weights"))
        table.show([Nets([""], {})])
        await until(pilot, lambda: says(pilot, "learns without one"))


@pytest.mark.parametrize("width", [20, 50, 120])
async def test_a_long_command_is_shortened_where_it_is_drawn(course, width):
    command = CommandLine()
    form = Form(recipe.read_table(recipe.find("line")))
    form.put(form.row("model.note"), "x" * 300)
    async with holding(command, size=(width, 3)) as pilot:
        command.show(words("line", form))
        await pilot.pause()
        assert len(command.command) > 300 and any("…" in row for row in rows(pilot))


def test_durations_are_short():
    assert [duration(s) for s in (0, 6, 90, 600, 7200)] == ["", "6 s", "90 s", "10 min", "2 h"]


@pytest.mark.parametrize(
    ("kind", "status", "error", "said"),
    [
        ("live", "running", "", "Run here 3 times; running now, step 5 of 50."),
        ("failed", "diverged", "loss is nan", "Run here 3 times; diverged 4 min ago: loss is nan."),
        ("ran", "stopped", "", "Run here 3 times; stopped 4 min ago."),
    ],
)
def test_the_header_says_in_words_how_a_recipe_stands(make_run, kind, status, error, said):
    run = make_run(status="starting")
    mark = Mark(kind, run, 3, State(status, 5, 50, {}, [], 1.0, error), {})
    assert standing(mark, run.info()["created"] + 240) == (said, kind)


async def test_moving_the_cursor_sends_two_rows_and_not_the_tree(course):
    tree = tree_of(course)
    async with holding(tree) as pilot:
        drawn = []
        original = tree.refresh
        tree.refresh = lambda *regions, **options: (drawn.extend(regions or ["all"]), original(*regions, **options))[1]
        await pilot.press("down")
        await pilot.pause()
        assert len(drawn) == 2 and all(region.height == 1 for region in drawn if region != "all") and "all" not in drawn


async def test_the_header(course, case, golden):
    header = RecipeHeader()
    async with holding(header, case.look, case[:2]) as pilot:
        header.show(next(recipe_index.read(entry) for entry in recipe_index.listed() if entry.name == "line"), None)
        await pilot.pause()
        golden("recipe_header", pilot)


async def test_the_command_line(course, case, golden):
    command = CommandLine()
    form = changed_form()
    form.put(form.row("model.note"), "a note that does not fit on what is left of the line, and 'quotes' in it")
    async with holding(command, case.look, case[:2]) as pilot:
        command.show(words("line", form))
        await pilot.pause()
        golden("command_line", pilot)


async def test_the_course_line(course, case, golden):
    line = CourseLine()
    async with holding(line, case.look, case[:2]) as pilot:
        line.show(91, 12, Step("perceptron-xor", "XOR: two classes that no line separates", course / "x.toml"))
        await pilot.pause()
        golden("course_line", pilot)


@pytest.mark.parametrize("width", [10, 20, 31, 44, 60, 100])
@pytest.mark.parametrize("look", [TerminalCapabilities(), ASCII])
@pytest.mark.parametrize("met", [None, 0, 1, 90, 91])
def test_the_course_line_is_as_wide_as_asked_and_a_bar_is_full_only_at_the_end(width, look, met):
    following = Step("universal-approximation", "Universal approximation", Path("x")) if met != 91 else None
    first, second = course_lines(91, met, following, width, look)
    assert max(sum(cell_len(text) for text, _ in line) for line in (first, second)) <= width
    if met is not None and width >= 44:
        bar = dict((role, text) for text, role in first)
        assert bool(bar["met"]) == (met > 0) and bool(bar["rest"]) == (met < 91)
