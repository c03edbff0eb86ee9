"""Nothing that a terminal would obey is left in a text that came from data, and honest text stays as it is."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dltui.text import clean, clean_line

ESC, BEL, ST, CSI8, OSC8, DCS8, ST8 = "\x1b", "\x07", "\x1b\\", "\x9b", "\x9d", "\x90", "\x9c"

ATTACKS = {
    "colour": (f"a{ESC}[31mb{ESC}[0m", "ab"),
    "clear the screen": (f"a{ESC}[2Jb", "ab"),
    "move with intermediate bytes": (f"a{ESC}[1 qb", "ab"),
    "private mode": (f"a{ESC}[?1049hb", "ab"),
    "clipboard by OSC 52, BEL": (f"a{ESC}]52;c;cm0gLXJm{BEL}b", "ab"),
    "clipboard by OSC 52, ST": (f"a{ESC}]52;c;cm0gLXJm{ST}b", "ab"),
    "title": (f"a{ESC}]0;owned{BEL}b", "ab"),
    "hyperlink": (f"a{ESC}]8;;http://evil{ST}click{ESC}]8;;{ST}b", "aclickb"),
    "8-bit CSI": (f"a{CSI8}31mb", "ab"),
    "8-bit OSC": (f"a{OSC8}52;c;cm0={ST8}b", "ab"),
    "DCS": (f"a{ESC}P1$r0m{ST}b", "ab"),
    "8-bit DCS": (f"a{DCS8}q#0;2;0;0;0{ST8}b", "ab"),
    "APC, as kitty draws": (f"a{ESC}_Gf=24;AAAA{ST}b", "ab"),
    "PM": (f"a{ESC}^x{ST}b", "ab"),
    "SOS": (f"a{ESC}Xx{ST}b", "ab"),
    "reset": (f"a{ESC}cb", "ab"),
    "other alphabet": (f"a{ESC}(0b", "ab"),
    "CSI that never ends": (f"a{ESC}[31", "a"),
    "OSC that never ends": (f"a{ESC}]52;c;cm0", "a"),
    "escape at the end": (f"a{ESC}", "a"),
    "escape within an escape": (f"a{ESC}{ESC}[31m[31mb", "a[31mb"),
    "OSC stops at the line's end": (f"a{ESC}]0;x\nb", "a\nb"),
    "back over the line": ("safe\rrm -rf", "saferm -rf"),
    "backspaces": ("ab\x08\x08", "ab"),
    "direction": ("exe\u202egpj.\u2066x\u2069\u061c", "exegpj.x"),
    "line separator": ("a\u2028b", "ab"),
    "bytes of a file name": (b"a\xffb".decode("utf-8", "surrogateescape"), "ab"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(name):
    given_text, left = ATTACKS[name]
    assert clean(given_text) == left


PIECES = st.sampled_from(
    [ESC, BEL, ST, CSI8, OSC8, DCS8, ST8, "[", "]", "P", "31", "m", ";", "\n", "\t", "\r", "52;c;", "я"]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
@example("\x1b\x1b[m[2J")
def test_no_control_character_survives(text):
    left = clean(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in left if char != "\n")
    left.encode()  # fits every stream
    assert clean(left) == left


@pytest.mark.parametrize("text", ["plain", "[/red] [bold]x[/]", "кот ёж", "⣿⠋ ▀", "naïve\ncafé", "日本 👩‍🔬", ""])
def test_honest_text_stays(text):
    assert clean(text) == text


def test_a_tab_becomes_a_space():
    assert clean("a\tb") == "a b"


@given(st.text())
def test_clean_line_is_one_line(text):
    assert len(clean_line(text).splitlines()) <= 1


def test_clean_line_takes_anything():
    assert clean_line(3) == "3"
    assert clean_line("a\nb\x1b[2J") == "a b"
