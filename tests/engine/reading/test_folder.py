"""The user's own pictures: class folders, perhaps below folders of splits, with what lies beside them."""

import unicodedata

import numpy as np
import pytest

from dltui.engine.reading.folder import read_folder
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save


def silent(text: str) -> None:
    pass


def test_class_folders_are_read_sorted_and_other_files_passed_over(tmp_path):
    for name, shade in (("cat", 110), ("dog", 120)):
        for number in (1, 2):
            save(tmp_path / name / "deeper" / f"{number}.png", np.full((28, 28), shade + number))
        (tmp_path / name / "notes.txt").write_text("x")
    (tmp_path / ".hidden").mkdir()
    found, notes = read_folder(tmp_path, 1, 28, silent)
    assert found[""].labels == ["cat", "cat", "dog", "dog"]
    assert found[""].inputs[:, 0, 0, 0].tolist() == [111, 112, 121, 122]
    assert notes == ("passed over: 2 .txt files, 1 hidden or system folder",)


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


def class_folders(folder, classes, rows: int = 2, shade: int = 100):
    for number, name in enumerate(classes):
        for row in range(rows):
            save(folder / name / f"{row}.png", np.full((28, 28), shade + 10 * number + row))
    return folder


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "val"), ["train", "test"]),
        (("Train", "Test"), ["train", "test"]),
        (("TRAINING", "Testing", "Validation"), ["train", "validation", "test"]),
        (("train", "valid", "test"), ["train", "validation", "test"]),
    ],
)
def test_levels_of_splits_are_found_in_any_case(tmp_path, names, splits):
    for name in names:
        class_folders(tmp_path / name, ("disc", "square"))
    found, notes = read_folder(tmp_path, 1, 28, silent)
    assert list(found) == splits
    assert all(part.labels == ["disc"] * 2 + ["square"] * 2 for part in found.values())
    assert notes == (("the test is val: there is no other",) if names == ("train", "val") else ())


def test_a_class_may_be_called_train(tmp_path):
    class_folders(tmp_path, ("train", "bus", "car"))
    found, _ = read_folder(tmp_path, 1, 28, silent)
    assert set(found[""].labels) == {"train", "bus", "car"}


def test_splits_that_are_not_clear_are_told(tmp_path):
    class_folders(tmp_path / "a" / "val", "xy")
    class_folders(tmp_path / "a" / "test", "xy")
    with pytest.raises(DltuiError, match="expected a folder train"):
        read_folder(tmp_path / "a", 1, 28, silent)
    for name in ("train", "val", "valid"):
        class_folders(tmp_path / "b" / name, "xy")
    with pytest.raises(DltuiError, match="expected one folder for validation, found val, valid"):
        read_folder(tmp_path / "b", 1, 28, silent)


def test_what_lies_beside_the_splits_is_told(tmp_path):
    for name in ("train", "test", "unlabelled"):
        class_folders(tmp_path / name, "xy")
    save(tmp_path / "train" / "loose.png", np.zeros((28, 28)))
    notes = read_folder(tmp_path, 1, 28, silent)[1]
    assert notes == ("passed over beside the splits: unlabelled", "passed over: 1 .png file in no class folder")


def test_a_single_class_is_refused_and_the_folder_inside_is_named(tmp_path):
    class_folders(tmp_path / "wrapped" / "dataset", "xy")
    with pytest.raises(DltuiError, match="dataset is the only folder, and it holds x, y") as raised:
        read_folder(tmp_path / "wrapped", 1, 28, silent)
    assert raised.value.hint == f"The classes seem to lie one level deeper: give {tmp_path / 'wrapped' / 'dataset'}"
    with pytest.raises(DltuiError, match="expected two classes or more, found one, disc") as raised:
        read_folder(class_folders(tmp_path / "one", ["disc"]), 1, 28, silent)
    assert raised.value.status == ExitStatus.DATA


def test_pictures_and_masks_are_not_two_classes(tmp_path):
    with pytest.raises(DltuiError, match="Images/ and masks/ look like pictures and their masks"):
        read_folder(class_folders(tmp_path, ("Images", "masks")), 1, 28, silent)


def test_names_that_look_alike_are_one_class(tmp_path):
    """macOS writes caf\u00e9 in other bytes than Linux."""
    for split, form in (("train", "NFC"), ("test", "NFD")):
        class_folders(tmp_path / split, ("bar", unicodedata.normalize(form, "caf\u00e9")))
    found, notes = read_folder(tmp_path, 1, 28, silent)
    assert set(found["train"].labels) == set(found["test"].labels) == {"bar", "caf\u00e9"}
    assert notes == (r"the folders 'cafe\u0301' and 'caf\xe9' are one class: their names look alike",)
