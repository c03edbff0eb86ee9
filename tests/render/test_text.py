"""Text is wrapped between words and never loses one without saying so."""

import pytest

from dltui.render import text
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("text", text.render, EXAMPLES["text"])


@pytest.mark.parametrize("width", [5, 13, 40, 200])
def test_every_word_is_there_once_and_in_order(width: int):
    words = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "goes", "home", "by", "bus"]
    lines = plain(text.render({"text": " ".join(words)}, width, 60, TerminalCapabilities()))
    assert " ".join(lines).split() == words


def test_lines_and_indents_are_kept():
    lines = plain(text.render({"text": "def f(x):\n    return x\n\nend"}, 20, 5, TerminalCapabilities()))
    assert [line.rstrip() for line in lines] == ["def f(x):", "    return x", "", "end", ""]


def test_a_word_longer_than_a_line_is_broken():
    lines = plain(text.render({"text": "日本語テスト"}, 5, 4, TerminalCapabilities()))
    assert [line.rstrip() for line in lines] == ["日本", "語テ", "スト", ""]


def test_what_has_no_room_is_counted():
    assert plain(text.render({"text": "a\nb\nc\nd"}, 20, 3, TerminalCapabilities()))[-1].strip() == "+2 lines"


def test_escapes_and_markup_are_text_or_nothing():
    [line] = plain(text.render({"text": "\x1b[2J[/red]\x1b]52;c;aGk=\x07x"}, 20, 1, TerminalCapabilities()))
    assert line.rstrip() == "[/red]x"
