"""A file is there whole or not at all, whatever happens while it is written."""

import os
import resource
import subprocess
import sys

import pytest

from dltui.atomic_write import remove_leftovers, replacing


@pytest.mark.parametrize("synced", [True, False])
def test_it_takes_the_place_when_it_is_complete(tmp_path, synced):
    path = tmp_path / "a"
    path.write_text("old")
    with replacing(path, "w", synced=synced, encoding="utf-8") as file:
        file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_what_raises_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_all_as_it_was(tmp_path):
    """A limit on the size of files stands in for a full disk: both end in an OSError."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from dltui.atomic_write import replacing\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))\n"
        "try:\n"
        "    with replacing(Path(sys.argv[1])) as file: file.write(bytes(5000))\n"
        "except OSError: print('told')\n"
    )
    path = tmp_path / "a"
    path.write_text("old")
    said = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert said.stdout == "told\n" and path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays(tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    (tmp_path / "frames").mkdir()
    left = [tmp_path / f".a.{dead.pid}.part", tmp_path / "frames" / f".b.png.{os.getpid()}.part"]
    others = [tmp_path / f".c.{os.getppid()}.part", tmp_path / "mine.part", tmp_path / ".part"]
    for path in [*left, *others]:
        path.write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert not any(path.exists() for path in left) and all(path.exists() for path in others)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_keeps_its_place(tmp_path, make):
    """A device too: as root, `--out /dev/null` put a file there."""
    make(tmp_path / "there")
    before = (tmp_path / "there").stat()
    with pytest.raises(FileExistsError), replacing(tmp_path / "there") as file:
        file.write(b"x")
    assert (tmp_path / "there").stat()[:3] == before[:3] and len(list(tmp_path.iterdir())) == 1
