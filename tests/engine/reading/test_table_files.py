"""Which files of a folder are its splits."""

import pytest

from dltui.engine.reading.table import SUFFIXES
from dltui.engine.reading.table_files import tables_in
from dltui.errors import DltuiError, ExitStatus


def found(folder, *names, **how):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    files, notes = tables_in(folder, SUFFIXES, **how)
    return {split: [str(file.relative_to(folder)) for file in paths] for split, paths in files.items()}, notes


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train.csv", "test.csv"], {"train": ["train.csv"], "test": ["test.csv"]}),
        (["Test.CSV", "Training.csv"], {"train": ["Training.csv"], "test": ["Test.CSV"]}),
        (
            ["data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet", "data/test-00000.parquet"],
            {
                "train": ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
                "test": ["data/test-00000.parquet"],
            },
        ),
        (["train.csv"], {"": ["train.csv"]}),
        (["iris.csv", ".hidden.csv", "readme.txt"], {"": ["iris.csv"]}),
        (["readme.txt"], {}),
    ],
)
def test_splits_are_found_by_their_names(tmp_path, names, splits):
    assert found(tmp_path, *names) == (splits, ())


def test_three_splits_come_in_their_order_and_validation_is_the_test_where_there_is_no_other(tmp_path):
    assert list(found(tmp_path, "val.csv", "train.csv", "test.csv")[0]) == ["train", "test", "validation"]
    (tmp_path / "test.csv").unlink()
    splits, notes = found(tmp_path)
    assert splits["test"] == ["val.csv"] and notes == ("the test is val.csv: there is no other",)


def test_other_tables_beside_the_splits_are_told_and_several_without_are_refused(tmp_path):
    assert found(tmp_path, "train.csv", "test.csv", "sample.csv")[1] == ("passed over: sample.csv",)
    (tmp_path / "train.csv").unlink()
    assert found(tmp_path, only_splits=True)[0] == {"": ["test.csv"]}
    with pytest.raises(
        DltuiError, match=r"expected one table, or train and test, found 2: sample\.csv, test\.csv"
    ) as raised:
        found(tmp_path)
    assert raised.value.status == ExitStatus.DATA
