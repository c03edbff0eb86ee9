"""What a terminal sends cannot end the app: raw mouse reports, torn bytes, nothing at all."""

import pytest

from dltui.tui.driver import Typed

MOUSE = b"\x1b[M" + bytes([35, 32 + 120, 32 + 40])  # the pointer at column 120: its byte is 0x98, no UTF-8


def told(*pieces: bytes) -> tuple[str, int]:
    """The text of pieces read one after another, and in how many of them raw mouse reports ended."""
    typed = Typed()
    found = [typed.text(piece) for piece in pieces]
    return "".join(text for text, _ in found), sum(raw for _, raw in found)


def test_a_raw_mouse_report_is_dropped_and_told():
    assert told(b"a" + MOUSE + b"b") == ("ab", 1)
    assert told(MOUSE * 100) == ("", 1)


@pytest.mark.parametrize("cut", range(3, len(MOUSE)))
def test_a_report_in_two_pieces_is_dropped(cut):
    assert told(b"a" + MOUSE[:cut], MOUSE[cut:] + b"b") == ("ab", 1)


@pytest.mark.parametrize("column", [96, 127, 160, 163, 200, 223])
def test_its_bytes_never_swallow_the_key_after_it(column):
    assert told(b"\x1b[M" + bytes([35, 32 + column, 255]) + "й".encode()) == ("й", 1)


def test_a_report_whose_end_never_comes_is_forgotten():
    assert told(b"\x1b[M#", b"", b"x") == ("x", 0)


def test_what_is_no_utf8_is_a_replacement_character_and_a_torn_character_is_whole_again():
    assert told(b"a\xffb") == ("a\ufffdb", 0)
    russian = "й".encode()
    assert told(russian[:1], russian[1:]) == ("й", 0)


def test_reports_in_digits_and_keys_pass():
    keys = "\x1b[<35;120;40M\x1b[A"
    assert told(f"{keys}\x1b[Mabc{keys}".encode()) == (keys + keys, 1)


@pytest.mark.parametrize("cut", [3, 4, 5])
def test_a_key_after_a_report_that_broke_off_is_that_key(cut):
    assert told(MOUSE[:cut] + b"\x1bOP") == ("\x1bOP", 1)
    assert told(MOUSE[:cut], b"\x1bOP") == ("\x1bOP", 1)
