"""A path of the user's own becomes a data set, always the same one."""

import os

import numpy as np
import pytest
import torch

from dltui.engine.reading.own import read
from dltui.engine.reading.table import Numbers, Pictures
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save

GREY = Pictures(1, 28)


def silent(text: str) -> None:
    pass


def pictures_in(folder, classes: str, rows: int = 5):
    for number, name in enumerate(classes):
        for row in range(rows):
            save(folder / name / f"{row}.png", np.full((28, 28), 10 * number + row))
    return folder


def test_class_folders_are_split_by_class_and_always_alike(tmp_path):
    folder = pictures_in(tmp_path / "own", "ab", 10)
    data = read(folder, GREY, silent)
    assert (len(data.train.inputs), len(data.test.inputs)) == (16, 4)
    assert torch.bincount(data.test.targets).tolist() == [2, 2]
    assert (data.classes, data.source) == (("a", "b"), "path")
    assert data.facts == {"channels": 1, "size": 28, "inputs": 784, "classes": 2}
    assert data.detail == f"{folder}: 20 pictures in 2 classes"
    assert "4 of 20 rows are held back" in data.notes[0]
    assert torch.equal(data.train.inputs[:, 0, 0, 0] // 10, data.train.targets.to(torch.uint8)), "labels went astray"
    assert torch.equal(read(folder, GREY, silent).train.inputs, data.train.inputs)


def test_train_and_test_folders_are_honoured(tmp_path):
    pictures_in(tmp_path / "train", "ab", 4)
    pictures_in(tmp_path / "test", "ab", 3)
    data = read(tmp_path, GREY, silent)
    assert (len(data.train.inputs), len(data.test.inputs), data.notes) == (8, 6, ())
    assert set(data.test.inputs[:, 0, 0, 0].tolist()) == {0, 1, 2, 10, 11, 12}


def test_train_and_test_tables_are_honoured_and_standardised_by_the_training_rows(tmp_path):
    (tmp_path / "train.csv").write_text("a,label\n" + "0,x\n2,y\n" * 3)
    (tmp_path / "test.csv").write_text("a,label\n5,x\n")
    data = read(tmp_path, Numbers(), silent)
    assert sorted(set(data.train.inputs.flatten().tolist())) == [-1, 1]
    assert data.test.inputs.tolist() == [[4]] and data.test.inputs.dtype == torch.float32


def test_a_class_that_only_the_test_has_is_told(tmp_path):
    pictures_in(tmp_path / "train", "ab")
    pictures_in(tmp_path / "test", "abc")
    with pytest.raises(DltuiError, match="the test has classes that the training rows lack: c"):
        read(tmp_path, GREY, silent)


def test_one_row_a_class_leaves_nothing_to_test(tmp_path):
    with pytest.raises(DltuiError, match="expected at least two rows of a class, found 2 rows"):
        read(pictures_in(tmp_path, "ab", 1), GREY, silent)


@pytest.mark.parametrize(
    ("name", "wanted", "told"),
    [
        ("absent", GREY, "expected the folder or file of your data, found nothing there"),
        ("rows.xlsx", GREY, r"expected \.csv \.tsv \.npz \.parquet or a folder, found \.xlsx"),
        ("", Numbers(), r"expected a table of numbers, or train\.csv and test\.csv in the folder; found neither"),
        ("", GREY, "expected a folder for each class"),
        ("pipe.csv", Numbers(), r"pipe\.csv: cannot be read: expected a file, found a pipe"),
        ("zero.npz", GREY, r"zero\.npz: cannot be read: expected a file, found a device"),
        ("zero.parquet", GREY, r"zero\.parquet: cannot be read: expected a file, found a device"),
    ],
)
def test_what_fits_nothing_says_what_was_expected(tmp_path, name, wanted, told):
    (tmp_path / "rows.xlsx").write_bytes(b"x")
    if name.startswith(("pipe", "zero")):
        os.mkfifo(tmp_path / name) if name.startswith("pipe") else (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(DltuiError, match=told) as raised:
        read(tmp_path / name, wanted, silent)
    assert raised.value.status == ExitStatus.DATA and raised.value.hint
