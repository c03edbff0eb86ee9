"""Where a report goes: nothing that is no file is ever replaced by one."""

import io
import os
import threading
from pathlib import Path

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.report import target


def write(path, stdout=None) -> None:
    with target.opened(path, stdout) as file:
        file.write(b"page")


def test_a_pipe_stays_a_pipe_and_takes_what_is_written(tmp_path):
    """`--out /dev/null --force` of root put a file in the place of /dev/null, for all who use the machine."""
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    target.check(pipe, "html", force=False)
    write(pipe)
    reader.join(10)
    assert read == [b"page"] and pipe.is_fifo()


@pytest.mark.parametrize("name", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_devices_and_open_files_are_written_to_and_not_replaced(name):
    assert target.is_stream(Path(name))


def test_a_link_stays_one_and_its_file_is_written(tmp_path):
    file, link = tmp_path / "file.html", tmp_path / "link.html"
    link.symlink_to("file.html")
    for _ in range(2):
        target.check(link, "html", force=True)
        write(link)
        assert link.is_symlink() and file.read_bytes() == b"page"


def test_a_minus_is_standard_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stdout = io.TextIOWrapper(io.BytesIO())
    target.check(target.STDOUT, "gif", force=False)
    write(target.STDOUT, stdout)
    assert stdout.buffer.getvalue() == b"page" and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name, kind, said",
    [
        (".", "html", "is a folder"),
        ("a.png", "gif", "no .png file; its name should end in .gif"),
        ("a.pdf", "html", "no .pdf file"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_made(tmp_path, monkeypatch, name, kind, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DltuiError, match=said) as raised:
        target.check(tmp_path / name, kind, force=True)
    assert raised.value.status == ExitStatus.USAGE


def test_a_name_that_no_disk_takes_is_said_in_words(tmp_path):
    path = tmp_path / ("x" * 300)
    with pytest.raises(DltuiError, match="File name too long") as raised:
        write(path)
    assert ".part" not in str(raised.value)
