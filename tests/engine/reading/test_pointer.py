"""A checkout without its large files is told from one with broken files."""

import pytest

from dltui.engine.reading.picture import read_picture
from dltui.engine.reading.pointer import pointer_in
from dltui.engine.reading.sound_folder import read_sound
from dltui.errors import DltuiError

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (LFS, "git lfs pull"),
        (b"../../.git/annex/objects/3.png", "git annex get"),
        (b"/annex/objects/MD5E-s3--a.png\n", "git annex get"),
        (b"../elsewhere/3.png", "saved as text"),
    ],
)
def test_a_file_that_was_not_fetched_says_so(tmp_path, data, told):
    readers = {"a.png": lambda path: read_picture(path, 1, 8), "a.wav": lambda path: read_sound(path, 8000, 8)}
    for name, read in readers.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DltuiError, match=told):
            read(tmp_path / name)


def test_other_files_are_no_pointers():
    assert not any(map(pointer_in, (b"", b"<html>", b"../a\nb", LFS + bytes(2000))))
