"""The user's own pictures: a folder of class folders, perhaps under train/ and test/."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dltui.engine.reading.picture import SUFFIXES, read_picture
from dltui.errors import DltuiError, ExitStatus

TELL_EVERY = 500  # pictures between two words of progress


def read_folder(folder: Path, channels: int, size: int, report: Callable[[str], None]) -> tuple[np.ndarray, list[str]]:
    """Returns the pictures of a folder of class folders, (N, channels, size, size) uint8, and their labels.

    Raises DltuiError where there are no class folders, one is empty, or a picture is broken.
    """
    files: list[Path] = []
    labels: list[str] = []
    for class_folder in class_folders(folder):
        pictures = [path for path in sorted(class_folder.rglob("*")) if _is_picture(path)]
        if not pictures:
            raise DltuiError(
                f"{class_folder}: expected pictures ({' '.join(SUFFIXES)}), found {_inside(class_folder)}.",
                "Every folder is a class and holds its pictures.",
                ExitStatus.DATA,
            )
        files += pictures
        labels += [class_folder.name] * len(pictures)
    inputs = np.empty((len(files), channels, size, size), np.uint8)
    for row, path in enumerate(files):
        if row % TELL_EVERY == 0:
            report(f"reading pictures {row:,}/{len(files):,}")
        inputs[row] = read_picture(path, channels, size)
    return inputs, labels


def class_folders(folder: Path) -> list[Path]:
    """Returns the folders of the classes, sorted. Raises DltuiError where there is none."""
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not found:
        raise DltuiError(
            f"{folder}: expected a folder for each class with its pictures, found {_inside(folder)}.",
            f"Make it so: {folder}/cat/1.png, {folder}/dog/2.png ...",
            ExitStatus.DATA,
        )
    return found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _inside(folder: Path) -> str:
    """What a folder holds, in words."""
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return "nothing"
    return f"{len(names):,} entries: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
