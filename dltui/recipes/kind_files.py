"""Kinds in Python files of the user's own: a recipe's `kinds` or `--kinds` names the files, each is one kind.

A file looks as those of dltui's own folders do (`build()`, its options, METRICS ...), and says of which section it is:
`SECTION = "model"`. The file's name is the kind's. It is parsed here and imported by the engine alone.
"""

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import schema

FOLDER = "kinds"  # of a run
LARGEST = 1 << 20  # bytes of a file
START = "A file to begin with: dltui new --model my_net.py"


def declare(names: Iterable[str | Path], folder: Path) -> list[str]:
    """Makes the kinds of files known to this process, and returns the files' absolute paths, each once.

    folder: which relative names begin in. Raises DltuiError (2, 3) for a file that is no kind.
    """
    found = []
    for name in names:
        path = Path(os.path.normpath((folder / Path(name).expanduser()).absolute()))
        section, kind = _kind_of(path)
        schema.declare(section, kind, path)
        found.append(str(path))
    return found


class Copies(NamedTuple):
    """The files of kinds as a run keeps them, beside its recipe.

    files: name in the run's folder -> bytes; records: of each {"file": where it was, "sha256": its hash}.
    """

    files: dict[str, bytes]
    records: list[dict[str, str]]


def copies(table: Mapping) -> Copies:
    """Returns what a run of a recipe's table keeps: the user may change the files, and the run stays what it was.

    Raises DltuiError (2) for two files of one name.
    """
    found = Copies({}, [])
    for name in table.get("kinds", ()):
        path = Path(name)
        data, digest = read(path)
        if f"{FOLDER}/{path.name}" in found.files:
            raise DltuiError(
                f"{path}: another file of kinds is called {path.name} too.", "Rename one.", ExitStatus.USAGE
            )
        found.files[f"{FOLDER}/{path.name}"] = data
        found.records.append({"file": name, "sha256": digest})
    return found


def read(path: Path) -> tuple[bytes, str]:
    """Returns a file's bytes and their SHA-256, hexadecimal. Raises DltuiError (3) where it cannot be read."""
    try:
        data = regular_file.read(path, LARGEST)
    except OSError as error:
        hint = regular_file.near_absent(path) if isinstance(error, FileNotFoundError) else START
        raise DltuiError(f"{path}: {error.strerror}.", hint, ExitStatus.NOT_FOUND) from None
    return data, sha256(data).hexdigest()


def _kind_of(path: Path) -> tuple[str, str]:
    """The section and the name of the kind in a file."""
    read(path)  # it is there, and no pipe
    if path.suffix != ".py" or not path.stem.isidentifier() or path.stem.startswith("_"):
        what = f"{path}: a kind is called as its file, in letters, digits and _, and ends in .py."
        raise DltuiError(what, "Such as: my_net.py", ExitStatus.USAGE)
    try:
        section = schema.read(path).constants.get("SECTION")
    except DltuiError as error:
        raise DltuiError(error.message, error.hint, ExitStatus.USAGE) from None
    if section not in schema.FOLDERS:
        given = "does not say of which section it is a kind" if section is None else f"SECTION is {section!r}"
        near = did_you_mean(str(section), schema.FOLDERS) if section else ""
        valid = ", ".join(f'"{one}"' for one in schema.FOLDERS)
        raise DltuiError(f"{path}: {given}.", f"{near} SECTION = one of {valid}".strip(), ExitStatus.USAGE)
    if schema.own_kind(section, path.stem):
        what = f'{path}: "{path.stem}" is a {section} of dltui\'s own.'
        raise DltuiError(what, "Give the file another name.", ExitStatus.USAGE)
    return section, path.stem
