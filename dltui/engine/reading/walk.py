"""The one place where folders of the user's own are walked: links are followed, what is passed over is counted."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SYSTEM = ("__macosx", "_background_noise_", "__pycache__", "@eadir", "$recycle.bin", "lost+found")
SYSTEM_FILES = ("thumbs.db", "desktop.ini")
MOST_DEEP = 40  # folders in folders
NAMED = 3  # of the files that a message names


class Walked(NamedTuple):
    """Files of the kinds that were looked for, in the order of their names, and why how many others were left."""

    files: list[Path]
    passed_over: Counter[str]  # what a file is, in words with {s} where several have an s -> how many of them


def is_passed_over(name: str) -> bool:
    """Returns whether a file or folder of that name is none of the user's: hidden, or the system's own."""
    return name.startswith((".", "~$")) or name.lower() in SYSTEM or name.lower() in SYSTEM_FILES


def subfolders(folder: Path) -> list[Path]:
    """Returns the folders in a folder, links to such among them, by name; without hidden ones and the system's."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_passed_over(path.name))


def walk(folder: Path, suffixes: Sequence[str]) -> Walked:
    """Returns the files below a folder whose names end in one of `suffixes`. Raises OSError."""
    found = Walked([], Counter())
    _into(folder, (), suffixes, found)
    return found


def _into(folder: Path, above: tuple[tuple[int, int], ...], suffixes: Sequence[str], found: Walked) -> None:
    told = folder.stat()
    here = (told.st_dev, told.st_ino)
    if here in above or len(above) == MOST_DEEP:
        found.passed_over["link{s} to a folder above"] += 1
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if is_passed_over(entry.name):
            found.passed_over[hidden(path)] += 1
        elif entry.is_dir():
            _into(path, (*above, here), suffixes, found)
        elif path.suffix.lower() in suffixes and entry.is_file():
            found.files.append(path)
        else:
            found.passed_over[kind(path)] += 1


def hidden(path: Path) -> str:
    """Returns what is left out by its name, in words with {s}."""
    return f"hidden or system {'folder' if path.is_dir() else 'file'}{{s}}"


def kind(path: Path) -> str:
    """Returns what a file is that is passed over, in words with {s}."""
    if path.is_symlink() and not path.exists():
        return "link{s} to nothing"
    return f"{path.suffix.lower()} file{{s}}" if path.suffix else "file{s} without a suffix"


def passed_over_note(counted: Counter[str]) -> tuple[str, ...]:
    """Returns one sentence on what was passed over; () where nothing was."""
    if not counted:
        return ()
    told = [f"{number:,} {what.replace('{s}', '' if number == 1 else 's')}" for what, number in counted.most_common(6)]
    rest = sum(counted.values()) - sum(number for _, number in counted.most_common(6))
    return (f"passed over: {', '.join(told)}{f' and {rest:,} of other kinds' if rest else ''}",)


def named(paths: Sequence[object], root: Path | None = None) -> str:
    """Returns the first few of paths in words, from `root` on where one is given: "a/1.png, a/2.png and 7 others"."""
    shown = [_from(path, root) for path in paths[:NAMED]]
    rest = len(paths) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} other{'s' if rest > 1 else ''}" if rest > 0 else "")


def _from(path: object, root: Path | None) -> str:
    if root is not None and isinstance(path, Path) and path.is_relative_to(root):
        return str(path.relative_to(root))
    return str(path)
