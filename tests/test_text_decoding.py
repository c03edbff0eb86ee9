"""Bytes become the text that was written, in the encodings that people's programs write, and a guess is told."""

import pytest

from dltui.text_decoding import decoded, with_line_feeds

RUSSIAN = "имя;порода;вес\nБарсик;сибирская;4,2\nМурка;Невская маскарадная;3,9\n"
GERMAN = "Name;Größe\nMüller;1,80 m\nJörg Weiß;1,75 m, 25 °C\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [RUSSIAN, GERMAN, "a,b\n1,2\n"])
def test_unicode_is_read_with_and_without_its_mark_and_nothing_is_told(text, encoding):
    assert decoded(text.encode(encoding))[::2] == (text, "")


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "cp1251"), (GERMAN, "cp1252"), ("25 °C\n", "cp1252")])
def test_an_older_encoding_is_found_out_and_told(text, encoding):
    found = decoded(text.encode(encoding))
    assert found.text == text and found.encoding == encoding
    assert f"read as {encoding}" in found.note and "data.encoding=" in found.note


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "shift_jis"])
def test_what_would_read_as_no_words_is_refused_and_read_where_its_encoding_is_given(encoding):
    """Guards КОИ-8 read as cp1251: лНЯЙБЮ for Москва."""
    text = "Москва и Барселона\n"
    with pytest.raises(ValueError, match="line 1, is no UTF-8"):
        decoded(text.encode(encoding))
    assert decoded(text.encode(encoding), encoding)[::2] == (text, "")


@pytest.mark.parametrize(
    ("data", "given", "told"),
    [
        (b"one\ntwo \xff\x00\n\x07", "", "byte 0xff at 8, line 2, is no UTF-8"),
        (b"one\ntwo \xff", "ascii", "byte 0xff at 8, line 2, is not ascii"),
        (b"a", "nonsense", "'nonsense' is no encoding that is known: utf-8"),
        (b"a", "base64", "'base64' is no encoding"),
        (b"a", "\0", "is no encoding"),
        (b"\xff\xfea", "", "is not utf-16-le"),
        (b"PK\x03\x04 and so on", "", "an Excel workbook"),
        (b"PAR1", "", "a Parquet file"),
    ],
)
def test_what_is_no_text_is_told_with_its_place(data, given, told):
    with pytest.raises(ValueError, match=told):
        decoded(data, given)


def test_lines_of_windows_and_of_an_old_mac_end_in_line_feeds_and_nothing_else_ends_one():
    assert with_line_feeds("a\r\nb\rc\u2028d\x85e\x0cf\n") == "a\nb\rc\u2028d\x85e\x0cf\n"
    assert with_line_feeds("a\rb\r") == "a\nb\n"
