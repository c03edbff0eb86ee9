"""Keys typed fast, or in pieces: each is told once, in its order."""

import os
import threading
import time

import pytest

from dltui.cli import keyboard


@pytest.fixture
def typed():
    """(what is typed into, what is read from)"""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream, os.fdopen(writing, "wb", buffering=0) as into:
        yield into, stream


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"  b", [" ", " ", "b"]),
        (b"\x1b[6~q\x1bOA\x1b[1;5C ", ["\x1b[6~", "q", "\x1bOA", "\x1b[1;5C", " "]),
        (b"\x1b", ["\x1b"]),
        ("яq".encode(), ["я", "q"]),
        (b"\n\xff\x00", ["\n", "�", "\x00"]),
    ],
)
def test_each_key_is_one(typed, data, keys):
    into, stream = typed
    into.write(data)
    assert keyboard.pressed(stream, 5) == keys
    assert keyboard.pressed(stream, 0) == []


def test_an_arrow_that_comes_in_two_pieces_is_one_key(typed):
    into, stream = typed
    into.write(b"\x1b[")
    threading.Timer(0.005, into.write, (b"5~ ",)).start()
    assert keyboard.pressed(stream, 5) == ["\x1b[5~", " "]


def test_it_waits_no_longer_than_it_is_told_and_leaves_a_terminal_that_is_gone(typed):
    into, stream = typed
    began = time.monotonic()
    assert keyboard.pressed(stream, 0.02) == [] and time.monotonic() - began < 5
    into.close()
    assert keyboard.pressed(stream, 5) == ["q"]
