"""Class folders of the user's own, perhaps under train/, val/ and test/: which files are of which split and class."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dltui.engine.reading import masks, walk
from dltui.engine.reading.picture import SUFFIXES
from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus

# by what names splits go, in any case
SPLITS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}


class Wanted(NamedTuple):
    """What files are looked for: pictures or sounds, by what suffixes, and how such folders are made."""

    files: str
    suffixes: tuple[str, ...]
    hint: str


PICTURES = Wanted("pictures", SUFFIXES, "Make it so: FOLDER/cat/1.png, FOLDER/dog/2.png ...")


class Filed(NamedTuple):
    """Files of a split, and the label that its folder gives to each."""

    files: list[Path]
    labels: list[str]


class Found(NamedTuple):
    """The files of each split, {"": files} where there are no splits; and what was noticed."""

    splits: dict[str, Filed]
    notes: tuple[str, ...]


class Labelled(NamedTuple):
    """inputs (N, C, size, size) uint8 and the labels of a split."""

    inputs: np.ndarray
    labels: list[str]


def read_folder(
    folder: Path, channels: int, size: int, report: Callable[[str], None]
) -> tuple[dict[str, Labelled], tuple[str, ...]]:
    """Returns the pictures of a folder of class folders by their split, {"": pictures} where there are no splits, else
    train, test, perhaps validation; and what was noticed.

    Raises DltuiError where there are no class folders or only one, one is empty, or a picture is broken.
    """
    found = filed(folder, PICTURES)
    files = [file for filed in found.splits.values() for file in filed.files]
    inputs, notes = read_pictures(files, channels, size, folder, report)
    ends = np.cumsum([len(filed.files) for filed in found.splits.values()])[:-1]
    parts = zip(found.splits.items(), np.split(inputs, ends), strict=True)
    return {split: Labelled(part, filed.labels) for (split, filed), part in parts}, (*found.notes, *notes)


def filed(folder: Path, wanted: Wanted) -> Found:
    """Returns the files of a folder of class folders. A class of two spellings that look alike (café) is one.

    Raises DltuiError where there are no class folders or only one, one is empty, or the splits are not clear.
    """
    folders, notes = _split_folders(folder, wanted)
    passed_over: Counter[str] = Counter()
    spelled: dict[str, set[str]] = {}
    splits = {}
    for split, split_folder in folders.items():
        passed_over += _loose(split_folder, wanted)
        here = splits[split] = Filed([], [])
        for class_folder in _class_folders(split_folder, wanted):
            files, passed = walk.walk(class_folder, wanted.suffixes)
            if not files:
                held = f"expected {wanted.files} ({' '.join(wanted.suffixes)}), found {_inside(class_folder)}"
                raise _wrong(class_folder, held, wanted)
            label = unicodedata.normalize("NFC", class_folder.name)
            spelled.setdefault(label, set()).add(class_folder.name)
            passed_over += passed
            here.files.extend(files)
            here.labels.extend([label] * len(files))
    _check_classes(folder, folders, sorted(spelled), wanted)
    notes += [
        f"the folders {' and '.join(map(ascii, sorted(spellings)))} are one class: their names look alike"
        for spellings in spelled.values()
        if len(spellings) > 1
    ]
    return Found(splits, (*notes, *walk.passed_over_note(passed_over)))


def _split_folders(folder: Path, wanted: Wanted) -> tuple[dict[str, Path], list[str]]:
    """The folders of the splits, {"": folder} where there are none; and what was taken for what."""
    found: dict[str, list[Path]] = {}
    beside = []
    for path in walk.subfolders(folder):
        split = next((split for split, names in SPLITS.items() if path.name.lower() in names), None)
        if split:
            found.setdefault(split, []).append(path)
        else:
            beside.append(path.name)
    if "train" not in found or len(found) < 2:
        if len(found) == 2 and not beside:
            raise _wrong(folder, "expected a folder train beside those for validation and test, found none", wanted)
        return {"": folder}, []
    for split, paths in found.items():
        if len(paths) > 1:
            raise _wrong(folder, f"expected one folder for {split}, found {walk.named(paths, folder)}", wanted)
    folders = {split: found[split][0] for split in SPLITS if split in found}
    notes = [f"passed over beside the splits: {walk.named(beside)}"] if beside else []
    if "test" not in folders:
        folders["test"] = folders.pop("validation")
        notes.append(f"the test is {folders['test'].name}: there is no other")
    return folders, notes


def _class_folders(folder: Path, wanted: Wanted) -> list[Path]:
    classes = walk.subfolders(folder)
    if not classes:
        raise _wrong(
            folder, f"expected a folder for each class with its {wanted.files}, found {_inside(folder)}", wanted
        )
    return classes


def _check_classes(folder: Path, splits: dict[str, Path], classes: Sequence[str], wanted: Wanted) -> None:
    """Raises DltuiError where the folders are no classes: there is one alone, or they are pictures and their masks."""
    if len(classes) == 2 and (pair := masks.folders(folder)):
        what = f"{pair[0].name}/ and {pair[1].name}/ look like pictures and their masks, and not like two classes"
        raise DltuiError(f"{folder}: {what}.", "Recipes that take masks: dltui run unet-cells", ExitStatus.DATA)
    if len(classes) > 1:
        return
    lone = next(iter(splits.values())) / classes[0]
    deeper = [path.name for path in walk.subfolders(lone)] if lone.is_dir() else []
    if deeper:
        what = f"{classes[0]} is the only folder, and it holds {walk.named(deeper)}"
        hint = f"The classes seem to lie one level deeper: give {lone}"
        raise DltuiError(f"{folder}: expected two classes or more: {what}.", hint, ExitStatus.DATA)
    raise _wrong(folder, f"expected two classes or more, found one, {classes[0]}", wanted)


def _loose(folder: Path, wanted: Wanted) -> Counter[str]:
    """What lies beside the class folders: of no class."""
    counted: Counter[str] = Counter()
    for path in folder.iterdir():
        if walk.is_passed_over(path.name):
            counted[walk.hidden(path)] += 1
        elif path.suffix.lower() in wanted.suffixes and path.is_file():
            counted[f"{path.suffix.lower()} file{{s}} in no class folder"] += 1
        elif not path.is_dir():
            counted[walk.kind(path)] += 1
    return counted


def _inside(folder: Path) -> str:
    """What a folder holds, in words."""
    names = sorted(path.name for path in folder.iterdir())
    return f"{len(names):,} entries: {walk.named(names)}" if names else "nothing"


def _wrong(where: Path, what: str, wanted: Wanted) -> DltuiError:
    return DltuiError(
        f"{where}: {what}.", f"Every folder is a class and holds its {wanted.files}. {wanted.hint}", ExitStatus.DATA
    )
