"""The user's own tables: numbers and pictures as people keep them, and what is wrong with the rest."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.reading import table
from dltui.engine.reading.table import Numbers, Pictures, read
from dltui.errors import DltuiError, ExitStatus
from tests.engine.hub_standin import mnist_files, pictures

GREY = Pictures(1, 28)


@pytest.fixture
def csv(tmp_path):
    def write(text: str):
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_gives_its_numbers_and_labels(csv, delimiter):
    path = csv("\ufeffa,Label,b\n1,cat,2.5\n-3,dog,4e1\n".replace(",", delimiter))
    rows = read(path, Numbers())[""]
    assert rows.inputs.tolist() == [[1, 2.5], [-3, 40]] and rows.inputs.dtype == np.float64
    assert rows.labels == ["cat", "dog"]


def test_a_csv_of_pixels_gives_pictures(csv):
    values = pictures(2, 0)
    header = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    lines = [",".join(map(str, [row, *picture.ravel()])) for row, picture in enumerate(values)]
    rows = read(csv("\n".join([header, *lines])), GREY)[""]
    assert np.array_equal(rows.inputs, values.reshape(2, -1)) and rows.labels == ["0", "1"]


@pytest.mark.parametrize(
    ("text", "wanted", "told"),
    [
        ("", Numbers(), "cannot be read: the file is empty"),
        ("a,b\n1,2\n", Numbers(), "expected a column named label, class, target or y, found a, b"),
        ("a,label\n", Numbers(), "expected rows, found only a header"),
        ("a,label\n1,x\n2\n", Numbers(), "cannot be read: line 3 has 1 fields where the first row names 2: 2"),
        ("a,label\nred,x\n", Numbers(), "expected numbers in every column beside the label, found string in a"),
        ("a,b,label\n1,2,x\n,2,x\n", Numbers(), "expected finite numbers, found no number in row 2 of a"),
        ("a,label\n1,x\ninf,x\n", Numbers(), "expected finite numbers, found infinity in row 2 of a"),
        ("a,label\nnan,x\n", Numbers(), "expected finite numbers, found no number in row 1 of a"),
        ("label\nx\n", Numbers(), "expected columns of numbers beside the label, found none"),
    ],
)
def test_a_csv_that_does_not_fit_says_what_was_found(csv, text, wanted, told):
    with pytest.raises(DltuiError, match=rf"rows\.csv: {told}") as raised:
        read(csv(text), wanted)
    assert raised.value.status == ExitStatus.DATA


def test_parquet_of_the_hub_gives_pictures_and_its_class_names(tmp_path):
    path = tmp_path / "rows.parquet"
    table = pa.parquet.read_table(BytesIO(mnist_files()["mnist/train-00000-of-00001.parquet"]))
    names = b'{"info": {"features": {"label": {"names": ["zero", "one", "2", "3", "4", "5", "6", "7", "8", "9"]}}}}'
    pa.parquet.write_table(table.replace_schema_metadata({b"huggingface": names}), path)
    rows = read(path, GREY)[""]
    assert np.array_equal(rows.inputs[:, 0], pictures(30, 0))
    assert rows.labels[:3] == [0, 1, 2] and rows.names[:3] == ("zero", "one", "2") and rows.decoded
    with pytest.raises(DltuiError, match="expected columns of numbers, found pictures in image"):
        read(path, Numbers())


def test_a_broken_picture_in_parquet_is_named_by_its_row(tmp_path):
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(pa.table({"image": [b"nonsense"], "label": [1]}), path)
    with pytest.raises(DltuiError, match=r"rows\.parquet: row 1: not a picture"):
        read(path, GREY)


def test_what_is_no_parquet_says_so(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"not parquet at all")
    with pytest.raises(DltuiError, match=r"rows\.parquet: cannot be read"):
        read(path, GREY)


def test_an_npz_with_both_splits_keeps_them(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, x_train=pictures(6, 0), y_train=np.zeros((6, 1)), x_test=pictures(2, 1), y_test=np.zeros(2))
    rows = read(path, GREY)
    assert {split: len(part.labels) for split, part in rows.items()} == {"train": 6, "test": 2}


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"images": np.zeros(3)}, "expected arrays named x and y, or x_train.* found images"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, r"expected a label for each row, found x \(3, 2\) and y \(4,\)"),
        ({"x": np.zeros((2, 1)), "y": np.zeros((2, 2))}, "expected a label for each row"),
        ({"x": np.zeros((0, 3)), "y": np.zeros(0)}, "expected rows, found x"),
        (
            {"x": np.array([[1.0], [np.nan]]), "y": np.zeros(2)},
            "expected finite numbers, found no number in row 2 of x",
        ),
        ({"x": np.array(1.0), "y": np.array(1)}, "expected a label for each row"),
        ({"x": np.array([["a"], ["b"]]), "y": np.zeros(2)}, "expected numbers in x"),
        ({"x": np.array([{}, {}]), "y": np.zeros(2)}, "cannot be read: Object arrays cannot be loaded"),
    ],
)
def test_an_npz_that_does_not_fit_says_what_was_found(tmp_path, arrays, told):
    np.savez(tmp_path / "rows.npz", **arrays)
    with pytest.raises(DltuiError, match=rf"rows\.npz: {told}"):
        read(tmp_path / "rows.npz", Numbers())


def test_two_columns_of_one_name_are_told(csv):
    with pytest.raises(DltuiError, match="expected columns of different names, found 'a' twice"):
        read(csv("a,a,label\n1,2,x\n"), Numbers())


@pytest.mark.parametrize("suffix", ["csv", "npz", "parquet"])
def test_more_rows_or_numbers_than_memory_holds_are_told(tmp_path, monkeypatch, suffix):
    path, table_ = tmp_path / f"a.{suffix}", pa.table({"a": np.zeros(50), "y": np.zeros(50, int)})
    if suffix == "csv":
        path.write_text("a,y\n" + "0,0\n" * 50)
    elif suffix == "npz":
        np.savez(path, x=np.zeros((50, 1)), y=np.zeros(50, int))
    else:
        pa.parquet.write_table(table_, path)
    assert len(read(path, Numbers())[""].labels) == 50
    monkeypatch.setattr(table, "MOST_ROWS", 49)
    with pytest.raises(DltuiError, match=r"at most 49 rows, found 50|50 rows, at most 49"):
        read(path, Numbers())
    monkeypatch.setattr(table, "MOST_ROWS", 50)
    monkeypatch.setattr(table, "MOST_BYTES", 399)
    with pytest.raises(DltuiError, match=r"of numbers, found \(50, 1\)|at most 0\.0 [GM]B"):
        read(path, Numbers())
