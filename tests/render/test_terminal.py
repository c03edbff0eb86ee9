"""The screen on a real pseudo-terminal: only what changed is sent, and the terminal is given back as it was."""

import os
import re
import termios
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from dltui.render.terminal import LEAVE, Ink, Screen
from dltui.render.terminal_capabilities import TerminalCapabilities
from tests.render.pseudo_terminal import Terminal, shown

LOOK = TerminalCapabilities()


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    opened = Terminal()
    yield opened
    opened.close()


def line(text: str, style: Style | None = None) -> list[Segment]:
    return [Segment(text, style)]


def test_only_rows_that_changed_are_sent(terminal):
    with Screen(terminal.stream, LOOK) as screen:
        first = screen.write([line("one"), line("two"), line("three")])
        assert screen.write([line("one"), line("two"), line("three")]) == 0
        second = screen.write([line("one"), line("TWO"), line("three")])
        assert 0 < second < first
        data = terminal.until(b"\x1b[?2026l", times=2)
        assert shown(data)[:3] == ["one", "TWO", "three"]
        assert data.count(b"three") == 1
        screen.write([line("one")])
        assert shown(terminal.until(b"\x1b[3;1H\x1b[2K\x1b[?2026l"))[:3] == ["one", "", ""]


def test_each_frame_is_synchronised(terminal):
    with Screen(terminal.stream, LOOK) as screen:
        screen.write([line("x")])
        data = terminal.until(b"\x1b[?2026l")
    assert data.index(b"\x1b[?2026h") < data.index(b"x\x1b[?2026l")


def test_a_new_size_repaints_all(terminal):
    with Screen(terminal.stream, LOOK) as screen:
        screen.write([line("one"), line("two")])
        assert screen.size() == (40, 10)
        terminal.resize(30, 8)
        assert screen.size() == (30, 8)
        assert screen.write([line("one"), line("two")]) > 0
        assert terminal.until(b"\x1b[?2026l", times=2).count(b"two") == 2


def test_columns_and_lines_of_the_environment_win(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "33")
    monkeypatch.setenv("LINES", "no")
    assert Screen(terminal.stream, LOOK).size() == (33, 10)


def test_the_terminal_is_given_back_even_after_an_exception(terminal):
    before = termios.tcgetattr(terminal.stream.fileno())
    with pytest.raises(ZeroDivisionError), Screen(terminal.stream, LOOK) as screen:
        screen.write([line("x")])
        raise ZeroDivisionError
    assert terminal.until(LEAVE).startswith(b"\x1b[?1049h\x1b[?25l")
    assert termios.tcgetattr(terminal.stream.fileno()) == before


@pytest.mark.parametrize("ending", [OSError(5, "EIO"), BrokenPipeError()])
def test_a_terminal_that_is_gone_is_remembered_and_nothing_is_raised(terminal, monkeypatch, ending):
    with Screen(terminal.stream, LOOK) as screen:

        def gone(*_):
            raise ending

        monkeypatch.setattr(os, "write", gone)
        screen.write([line("x")])
        assert screen.lost
        monkeypatch.undo()
        screen.write([line("y")])
    assert b"y" not in terminal.data


def test_a_slow_terminal_that_does_not_block_still_gets_every_byte(monkeypatch):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    rows = [line("".join(chr(0x2801 + (row * column) % 255) for column in range(3000))) for row in range(60)]
    received = bytearray()

    def read() -> None:
        while chunk := os.read(reading, 1 << 16):
            received.extend(chunk)

    with os.fdopen(writing, "w") as stream:
        reader = threading.Timer(0.05, read)  # the pipe is full long before
        with Screen(stream, LOOK) as screen:
            reader.start()
            screen.write(rows)
            assert not screen.lost
    reader.join(10)
    os.close(reading)
    assert bytes(received).endswith(LEAVE)
    assert all(rows[index][0].text.encode() in received for index in range(60))


def test_a_terminal_that_takes_nothing_for_long_is_given_up(monkeypatch):
    monkeypatch.setattr("dltui.render.terminal.PATIENCE", 0.05)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(writing, "w") as stream, Screen(stream, LOOK) as screen:
        screen.write([line("x" * 1_000_000)])
        assert screen.lost
    os.close(reading)


@pytest.mark.parametrize(
    ("colours", "codes"),
    [("true", b"\x1b[1;38;2;255;0;0m"), ("256", b"\x1b[1;38;5;196m"), ("16", b"\x1b[1;31m"), ("none", b"\x1b[1m")],
)
def test_colours_are_written_as_deep_as_the_terminal_has_them(colours, codes):
    row = Ink(TerminalCapabilities(colours=colours)).row(line("x", Style(color="#ff0000", bold=True)))
    assert row == codes + b"x\x1b[0m"


def test_equal_styles_are_written_once():
    red = Style(color="#ff0000")
    row = Ink(LOOK).row([Segment("a", red), Segment("b", Style(color="#ff0000")), Segment("c")])
    assert row == b"\x1b[38;2;255;0;0mab\x1b[0mc"


@given(st.text())
def test_no_text_puts_a_control_character_into_a_row(text):
    row = Ink(LOOK).row(line(text, Style(bold=True)))
    rest = re.sub(rb"\x1b\[[0-9;]*m", b"", row).decode()
    assert not re.search("[\x00-\x1f\x7f-\x9f]", rest)
