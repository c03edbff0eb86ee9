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
        ("bytes", "other bytes at 3"),
        ("pipe", "a pipe"),
        ("endless", "a device"),
    ],
)
def test_what_was_found_is_told(tmp_path, name, found):
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"abc\xff")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    with pytest.raises(DltuiError, match=f"{name}: expected a poem in UTF-8, found {found}") as error:
        text_of(tmp_path / name, "a poem", "Write one.")
    assert error.value.status == ExitStatus.DATA and error.value.hint == "Write one."


def test_a_mark_of_the_byte_order_is_no_symbol(tmp_path):
    (tmp_path / "a.txt").write_text("abc", encoding="utf-8-sig")
    assert text_of(tmp_path / "a.txt", "a text", "") == "abc"


def test_lines_end_alike_whatever_system_wrote_them(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a\r\nb\rc\n")
    assert text_of(tmp_path / "a.txt", "a text", "") == "a\nb\nc\n"
