"""Which files of a folder are its tables: one, or some for each split, as people and the hub name them."""

import re
from collections.abc import Sequence
from pathlib import Path

from dltui.errors import DltuiError, ExitStatus

SPLIT = re.compile(r"(train|test|val|dev)(?:ing|id|idation)?(?:[-_.].*)?", re.IGNORECASE)  # of a file's name
SPLITS = ("train", "test", "validation")
VALIDATION = ("val", "dev")
INSIDE = ("", "data")  # the hub keeps them in data/


def tables_in(
    folder: Path, suffixes: Sequence[str], *, only_splits: bool = False
) -> tuple[dict[str, list[Path]], tuple[str, ...]]:
    """Returns {"train": files, "test": files, "validation": files}, or {"": [file]}, or {} where a folder has no
    tables; and words on what was taken for what.

    only_splits: whether a table is one only where its name is that of a split: it stands beside something else.
    Raises DltuiError (4) where it has several of which none is said to train.
    """
    for inside in INSIDE:
        for suffix in suffixes:
            files = sorted(path for path in (folder / inside).glob("*") if _is_table(path, suffix))
            if only_splits:
                files = [file for file in files if split_of(file.stem)]
            if files:
                return _splits(files, folder)
    return {}, ()


def split_of(name: str) -> str:
    """Returns which split a name speaks of: train, test or validation; "" where it is none."""
    named = SPLIT.fullmatch(name)
    split = named[1].lower() if named else ""
    return "validation" if split in VALIDATION else split


def _is_table(path: Path, suffix: str) -> bool:
    return path.suffix.lower() == suffix and not path.name.startswith((".", "_")) and path.is_file()


def _splits(files: list[Path], folder: Path) -> tuple[dict[str, list[Path]], tuple[str, ...]]:
    found: dict[str, list[Path]] = {}
    others = []
    for file in files:
        if split := split_of(file.stem):
            found.setdefault(split, []).append(file)
        else:
            others.append(file)
    notes = [f"passed over: {', '.join(file.name for file in others[:5])}"] if others and "train" in found else []
    if "train" in found and "test" in found:
        return {split: found[split] for split in SPLITS if split in found}, tuple(notes)
    if "train" in found and "validation" in found:
        names = ", ".join(file.name for file in found["validation"])
        notes.append(f"the test is {names}: there is no other")
        return {"train": found["train"], "test": found["validation"]}, tuple(notes)
    if len(files) == 1 or set(found) == {"train"}:
        return {"": found.get("train", files)}, tuple(notes)
    names = ", ".join(file.name for file in files[:5])
    raise DltuiError(
        f"{folder}: expected one table, or train and test, found {len(files)}: {names}.",
        "Give one of them as the path, or name two train and test.",
        ExitStatus.DATA,
    )
