"""A lesson is laid out within its width, its code kept whole, its commands known as they stand in the file."""

import pytest

from dltui.recipes import recipe
from dltui.render.cells import cell_width
from dltui.tui.lesson import Piece, indent, laid_out, language_of


def texts(layout) -> list[str]:
    return [" " * indent(line) + "".join(piece.text for piece in line) for line in layout.lines]


def test_prose_is_filled_and_code_is_not_broken():
    layout = laid_out("The answer is `p = sigmoid(w x + b)`, and\nso on.", 26)
    assert texts(layout) == ["The answer is", "p = sigmoid(w x + b), and", "so on."]
    assert layout.lines[1][0] == Piece("p = sigmoid(w x + b)", "code")


def test_code_that_is_longer_than_a_line_is_broken_at_blanks_and_keeps_what_touches_it():
    assert texts(laid_out("It is (`a + b + c + d + e`).", 10)) == ["It is (a +", "b + c + d", "+ e)."]


def test_indented_lines_are_set_apart_as_formulas_and_commands():
    layout = laid_out("See:\n\n    y = x\n\n    dltui run a b=1\n    dltui sample a", 40)
    assert texts(layout) == ["See:", "", "    y = x", "", "    dltui run a b=1", "    dltui sample a"]
    assert [line[0].role for line in layout.lines if line] == ["text", "formula", "command", "command"]
    assert layout.commands == [(4, "dltui run a b=1"), (5, "dltui sample a")]


def test_a_paragraph_that_is_a_formula_stands_alone():
    assert laid_out("`y = x`.", 40).lines == [[Piece("y = x", "formula")]]


def test_a_long_command_goes_on_further_in_and_is_known_whole():
    command = "dltui run line model.width=16 model.activation=tanh train.steps=2000"
    layout = laid_out(f"    {command}", 30)
    first, *rest = [line[0].role for line in layout.lines]
    assert first == "command" and len(rest) > 1 and set(rest) == {"more"}
    assert layout.commands == [(0, command)]


@pytest.mark.parametrize("width", [8, 20, 37, 78, 200])
def test_no_line_of_a_bundled_lesson_is_wider_than_asked(width):
    for path in recipe.files().values():
        for lesson in recipe.read_table(path).get("lesson", {}).values():
            layout = laid_out(lesson, width)
            assert max(map(cell_width, texts(layout))) <= max(width, 12), (path, width)


def test_no_word_is_lost():
    for path in recipe.files().values():
        for lesson in recipe.read_table(path).get("lesson", {}).values():
            laid = "".join("".join(texts(laid_out(lesson, 37))).split())
            assert laid == "".join(lesson.replace("`", "").split())


def test_nothing_in_a_lesson_is_a_terminal_escape_or_markup():
    assert texts(laid_out("a \x1b[31mred[/red] [bold]b", 40)) == ["a red[/red] [bold]b"]


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU", "LC_ALL": "C"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "", "LANG": "ru"}, "ru"),
    ],
)
def test_the_locale_chooses_the_language(variables, language):
    assert language_of(variables) == language
