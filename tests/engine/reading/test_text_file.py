"""A text file that cannot be read says what stands in its place."""

import os

import pytest

from dltui.engine.reading.text_file import text_of
from dltui.errors import DltuiError, ExitStatus


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("none", "nothing there"),
        ("folder", "a folder"),
        ("pipe", "a pipe"),
        ("endless", "a device"),
    ],
)
def test_what_was_found_is_told(tmp_path, name, found):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    with pytest.raises(DltuiError, match=f"{name}: expected a poem, found {found}") as error:
        text_of(tmp_path / name, "a poem", "Write one.")
    assert error.value.status == ExitStatus.DATA and error.value.hint == "Write one."


def test_a_mark_of_the_byte_order_is_no_symbol(tmp_path):
    (tmp_path / "a.txt").write_text("abc", encoding="utf-8-sig")
    assert text_of(tmp_path / "a.txt", "a text", "").text == "abc"


def test_lines_end_alike_whatever_system_wrote_them(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a\r\nb" + "\u2028".encode() + b"\x0bc\r\n")
    (tmp_path / "mac.txt").write_bytes(b"a\rb\r")
    assert text_of(tmp_path / "a.txt", "a text", "").text == "a\nb\u2028\x0bc\n"
    assert text_of(tmp_path / "mac.txt", "a text", "").text == "a\nb\n"


@pytest.mark.parametrize(
    ("data", "given", "told"),
    [
        (b"ab\ncd\xff\x98\x81\x00", "", r"byte 0xff at 5, line 2, is no UTF-8"),
        ("\u044b".encode("cp1251") * 3, "utf-8", "byte 0xfb at 0, line 1, is not utf-8"),
        (b"abc", "klingon", "'klingon' is no encoding that is known"),
        (b"\x1f\x8b\x08", "", "it is a gzip archive"),
    ],
)
def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path, data, given, told):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(DltuiError, match=told) as error:
        text_of(tmp_path / "a.txt", "a text", "", given)
    assert error.value.status == ExitStatus.DATA and "data.encoding=" in error.value.hint
