"""What is not a file of a sane size is neither waited for nor read."""

import os
import socket
import threading
import time

import pytest

from dltui import regular_file
from dltui.regular_file import near_absent


def test_a_file_is_its_bytes_also_behind_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert regular_file.read(tmp_path / "link", 3) == b"abc"
    with regular_file.opened(tmp_path / "a", 3) as file:
        assert file.read() == b"abc"


@pytest.mark.parametrize("what", ["a pipe", "a device", "a folder", "a socket"])
def test_what_is_no_file_is_told_at_once(tmp_path, what):
    path = tmp_path / "a"
    with socket.socket(socket.AF_UNIX) as one:
        if what == "a pipe":
            os.mkfifo(path)
        elif what == "a device":
            path.symlink_to("/dev/zero")
        elif what == "a folder":
            path.mkdir()
        else:
            one.bind(str(path))
        with pytest.raises(OSError, match=f"expected a file, found {what}") as caught:
            regular_file.read(path, 100)
    assert caught.value.filename == str(path)


def test_a_file_that_becomes_a_pipe_in_between_is_not_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    before = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(regular_file.os, "stat", lambda path: before)
    threading.Timer(3, lambda: os.close(os.open(path, os.O_RDWR))).start()  # so that a mistake ends
    begun = time.monotonic()
    with pytest.raises(OSError, match="found a pipe"):
        regular_file.read(path, 100)
    assert time.monotonic() - begun < 2


def test_a_larger_file_is_not_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"")
    os.truncate(path, 10**12)  # with holes
    with pytest.raises(OSError, match=r"the file has 1,000,000\.0 MB, at most 1\.0 MB are read"):
        regular_file.read(path, 1_000_000)


def test_nothing_is_read_of_a_file_that_tells_no_size():
    """Those of /proc: some wait, some never end."""
    assert regular_file.read("/proc/self/status", 100) == b""


def test_what_is_near_a_path_at_which_nothing_is(tmp_path):
    assert near_absent(tmp_path / "a.csv") == f"{tmp_path} is empty."
    for name in ("rows.csv", "digits", *(f"z{number}" for number in range(7))):
        (tmp_path / name).touch()
    assert near_absent(tmp_path / "row.csv") == f'Did you mean "{tmp_path / "rows.csv"}"?'
    assert near_absent(tmp_path / "digitz" / "train" / "a") == f'Did you mean "{tmp_path / "digits"}"?'
    assert near_absent(tmp_path / "qq") == f"In {tmp_path} there are: digits, rows.csv, z0, z1, z2, z3, ..."
