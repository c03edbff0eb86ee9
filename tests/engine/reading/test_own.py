"""A path of the user's own becomes a data set, always the same one."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch

from dltui.engine.reading.own import read
from dltui.engine.reading.table import Numbers, Pictures
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save

GREY = Pictures(1, 28)
NAMES = {"huggingface": '{"info": {"features": {"label": {"names": ["cat", "dog"]}}}}'}


def silent(text: str) -> None:
    pass


def pictures_in(folder, classes: str, rows: int = 5):
    for number, name in enumerate(classes):
        for row in range(rows):
            save(folder / name / f"{row}.png", np.full((28, 28), 100 + 10 * number + row))
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
    assert torch.equal(data.train.inputs[:, 0, 0, 0] // 10 - 10, data.train.targets.to(torch.uint8)), (
        "labels went astray"
    )
    assert torch.equal(read(folder, GREY, silent).train.inputs, data.train.inputs)


def test_train_and_test_folders_are_honoured(tmp_path):
    pictures_in(tmp_path / "train", "ab", 4)
    pictures_in(tmp_path / "test", "ab", 3)
    data = read(tmp_path, GREY, silent)
    assert (len(data.train.inputs), len(data.test.inputs), data.notes) == (8, 6, ())
    assert set(data.test.inputs[:, 0, 0, 0].tolist()) == {100, 101, 102, 110, 111, 112}


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
    told = "at least two rows of a class that differ; 2 different rows in all leave none"
    with pytest.raises(DltuiError, match=told):
        read(pictures_in(tmp_path, "ab", 1), GREY, silent)


@pytest.mark.parametrize(
    ("name", "wanted", "told"),
    [
        ("absent", GREY, "expected the folder or file of your data, found nothing there"),
        ("rows.xlsx", GREY, r"expected \.csv \.tsv \.jsonl \.npz \.parquet or a folder, found \.xlsx"),
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


def test_tables_train_on_one_class_alone_in_no_case(tmp_path):
    (tmp_path / "a.csv").write_text("a,label\n" + "0,x\n2,x\n" * 3)
    with pytest.raises(DltuiError, match="expected two classes or more, found one: x") as raised:
        read(tmp_path / "a.csv", Numbers(), silent)
    assert raised.value.status == ExitStatus.DATA


def test_numbers_far_from_nought_that_lie_close_together_are_told_from_one_another(tmp_path):
    """Guards seconds since 1970, of which float32 makes one number."""
    rows = "".join(f"{1_700_000_000 + second},{'early' if second < 50 else 'late'}\n" for second in range(100))
    (tmp_path / "a.csv").write_text(f"when,label\n{rows}")
    data = read(tmp_path / "a.csv", Numbers(), silent)
    assert len(data.train.inputs.unique()) == 80 and data.train.inputs.dtype == torch.float32
    assert abs(float(data.train.inputs.std()) - 1) < 0.02


def test_columns_of_the_test_stand_in_the_order_of_the_training_rows(tmp_path):
    (tmp_path / "train.csv").write_text("a,b,label\n" + "0,10,x\n2,30,y\n" * 3)
    (tmp_path / "test.csv").write_text("label,b,a\nx,10,0\n")
    assert read(tmp_path, Numbers(), silent).test.inputs.tolist() == [[-1, -1]]
    (tmp_path / "test.csv").write_text("label,c,a\nx,10,0\n")
    with pytest.raises(DltuiError, match="expected the same columns in all files, found a, b and c, a"):
        read(tmp_path, Numbers(), silent)


def test_a_class_is_named_where_one_split_alone_knows_the_names(tmp_path):
    for split, metadata in (("train", NAMES), ("test", {})):
        rows = pa.table({"a": [0.5, 1, 2, 3], "label": [0, 1, 0, 1]}).replace_schema_metadata(metadata)
        pa.parquet.write_table(rows, tmp_path / f"{split}.parquet")
    data = read(tmp_path, Numbers(), silent)
    assert data.classes == ("cat", "dog") and torch.bincount(data.test.targets).tolist() == [2, 2]


def test_minus_one_is_no_label_where_the_classes_have_names_and_a_class_where_they_have_none(tmp_path):
    rows = pa.table({"a": np.arange(9.0), "label": [0, 1, -1] * 3})
    pa.parquet.write_table(rows.replace_schema_metadata(NAMES), tmp_path / "a.parquet")
    pa.parquet.write_table(rows, tmp_path / "b.parquet")
    named, bare = (read(tmp_path / f"{name}.parquet", Numbers(), silent) for name in "ab")
    assert named.classes == ("cat", "dog") and "3 rows without a label (-1) are left out" in named.notes
    assert bare.classes == ("-1", "0", "1")


def test_a_stray_table_beside_class_folders_is_no_data_set(tmp_path):
    (tmp_path / "readme.csv").write_text("a,label\n1,x\n2,y\n")
    assert len(read(pictures_in(tmp_path, "ab"), GREY, silent).train.inputs) == 8
