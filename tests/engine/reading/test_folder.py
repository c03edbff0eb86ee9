"""The user's own pictures: class folders."""

import numpy as np
import pytest

from dltui.engine.reading.folder import read_folder
from dltui.errors import DltuiError
from tests.engine.reading.test_picture import save


def silent(text: str) -> None:
    pass


def test_class_folders_are_read_sorted_and_other_files_passed_over(tmp_path):
    for name, shade in (("cat", 10), ("dog", 20)):
        for number in (1, 2):
            save(tmp_path / name / "deeper" / f"{number}.png", np.full((28, 28), shade + number))
        (tmp_path / name / "notes.txt").write_text("x")
    (tmp_path / ".hidden").mkdir()
    inputs, labels = read_folder(tmp_path, 1, 28, silent)
    assert labels == ["cat", "cat", "dog", "dog"]
    assert inputs[:, 0, 0, 0].tolist() == [11, 12, 21, 22]


def test_no_class_folders_and_an_empty_one_are_told(tmp_path):
    with pytest.raises(DltuiError, match="expected a folder for each class with its pictures, found nothing"):
        read_folder(tmp_path, 1, 28, silent)
    save(tmp_path / "a.png", np.zeros((28, 28)))
    with pytest.raises(DltuiError, match=r"found 1 entries: a\.png"):
        read_folder(tmp_path, 1, 28, silent)
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "readme.md").write_text("x")
    with pytest.raises(DltuiError, match=r"cat: expected pictures \(\.png .*found 1 entries: readme\.md"):
        read_folder(tmp_path, 1, 28, silent)
