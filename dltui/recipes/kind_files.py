"""Kinds in Python files of the user's own: a recipe's `kinds` or `--kinds` names the files, each is one kind.

A file looks as those of dltui's own folders do (`build()`, its options, METRICS ...), and says of which section it is:
`SECTION = "model"`. The file's name is the kind's. It is parsed here and imported by the engine alone.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import schema

FOLDER = "kinds"  # of a run
SHOWN = 12  # digits of a SHA-256
LARGEST = 1 << 20  # bytes of a file
NAME = re.compile(r"[a-z][a-z0-9_]*")  # of a kind, and of its file before the .py
START = "A file to begin with: dltui new --model my_net.py"
# section -> constants that its kinds must have, and what can stand there
TUPLES = {"data": {"SOURCES": ("builtin", "hub", "path"), "GIVES": ("pictures",)}}
_held: dict[str, Path] = {}  # a file of the user's -> the copy that is read in its place, see `held`


def of_recipe(table: Mapping, path: Path | None, more: Iterable[str] = ()) -> list[str]:
    """Makes the kinds known that a recipe's `kinds` names, beside its own file at `path`, and those of `more`, from the
    current folder. Returns the files' absolute paths. Raises DltuiError (2, 3)."""
    names = table.get("kinds", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        what = f"{path or 'recipe'}: kinds must be a list of files, not {names!r}."
        raise DltuiError(what, 'kinds = ["my_net.py"]', ExitStatus.USAGE)
    found = declare(names, path.absolute().parent if path else Path.cwd())
    found = list(dict.fromkeys([*found, *declare(more, Path.cwd())]))
    called = {Path(one).name: one for one in reversed(found)}
    for one in found:
        if (other := called[Path(one).name]) != one:
            what = f"{one}: another file of kinds is called {Path(one).name} too, {other}."
            raise DltuiError(what, "Rename one.", ExitStatus.USAGE)
    return found


def declare(names: Iterable[str | Path], folder: Path) -> list[str]:
    """Makes the kinds of files known to this process, and returns the files' absolute paths, each once.

    folder: which relative names begin in. Raises DltuiError (2, 3) for a file that is no kind.
    """
    found = []
    for name in names:
        path = Path(os.path.normpath((folder / Path(name).expanduser()).absolute()))
        section, kind = _kind_of(path)
        schema.declare(section, kind, _held.get(str(path), path))
        found.append(str(path))
    return list(dict.fromkeys(found))


@contextmanager
def held(files: Mapping[str, bytes]) -> Iterator[None]:
    """While the block runs these files hold what is given, whatever becomes of them: path -> bytes."""
    with tempfile.TemporaryDirectory(prefix="dltui-kinds-") as folder:
        copies = {name: Path(folder) / str(number) / Path(name).name for number, name in enumerate(files)}
        for name, copy in copies.items():
            copy.parent.mkdir()
            copy.write_bytes(files[name])
        _held.update(copies)
        try:
            yield
        finally:
            for name, copy in copies.items():
                _held.pop(name, None)
                schema.undeclare(copy)


def contents(table: Mapping) -> dict[str, bytes]:
    """Returns what the files of a recipe's kinds hold now, for `held`: path -> bytes."""
    return {name: read(Path(name))[0] for name in table.get("kinds", ())}


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """Returns a file's name -> the beginning of its SHA-256, by which a person tells two versions apart."""
    return {Path(name).name: sha256(data).hexdigest()[:SHOWN] for name, data in files.items()}


class Copies(NamedTuple):
    """The files of kinds as a run keeps them, beside its recipe.

    files: name in the run's folder -> bytes; records: of each {"file": where it was, "sha256": its hash}.
    """

    files: dict[str, bytes]
    records: list[dict[str, str]]


def copies(table: Mapping) -> Copies:
    """Returns what a run of a recipe's table keeps: the user may change the files, and the run stays what it was.

    Raises DltuiError (3) for a file that is gone.
    """
    found = Copies({}, [])
    for name in table.get("kinds", ()):
        path = Path(name)
        data, digest = read(path)
        found.files[f"{FOLDER}/{path.name}"] = data
        found.records.append({"file": name, "sha256": digest})
    return found


def read(path: Path) -> tuple[bytes, str]:
    """Returns a file's bytes and their SHA-256, hexadecimal. Raises DltuiError (3) where it cannot be read."""
    try:
        data = regular_file.read(_held.get(str(path), path), LARGEST)
    except OSError as error:
        hint = regular_file.near_absent(path) if isinstance(error, FileNotFoundError) else START
        raise DltuiError(f"{path}: {error.strerror}.", hint, ExitStatus.NOT_FOUND) from None
    return data, sha256(data).hexdigest()


def _kind_of(path: Path) -> tuple[str, str]:
    """The section and the name of the kind in a file."""
    read(path)  # it is there, and no pipe
    if path.suffix != ".py" or not NAME.fullmatch(path.stem):
        what = f"{path}: a kind is called as its file: small letters, digits and _, and .py at the end."
        raise DltuiError(what, "Such as: my_net.py", ExitStatus.USAGE)
    try:
        constants = schema.read(_held.get(str(path), path)).constants
    except DltuiError as error:
        raise DltuiError(error.message, error.hint, ExitStatus.USAGE) from None
    section = constants.get("SECTION")
    if section not in schema.FOLDERS:
        given = "does not say of which section it is a kind" if section is None else f"SECTION is {section!r}"
        near = did_you_mean(str(section), schema.FOLDERS) if section else ""
        valid = ", ".join(f'"{one}"' for one in schema.FOLDERS)
        raise DltuiError(f"{path}: {given}.", f"{near} SECTION = one of {valid}".strip(), ExitStatus.USAGE)
    if schema.own_kind(section, path.stem):
        what = f'{path}: "{path.stem}" is a {section} of dltui\'s own.'
        raise DltuiError(what, "Give the file another name.", ExitStatus.USAGE)
    for name, valid in TUPLES.get(section, {}).items():
        _check_tuple(path, name, constants.get(name), valid)
    if "TASKS" in constants:
        _check_tuple(path, "TASKS", constants["TASKS"], ("classify",))
    return section, path.stem


def _check_tuple(path: Path, name: str, given: object, valid: tuple[str, ...]) -> None:
    """Raises DltuiError (2) where a constant of a file is no tuple of texts."""
    if not isinstance(given, tuple | list) or not all(isinstance(one, str) for one in given):
        wrong = "is missing" if given is None else f"must be a tuple of texts, not {given!r}"
        raise DltuiError(f"{path}: {name} {wrong}.", f'Such as: {name} = ("{valid[0]}",)', ExitStatus.USAGE)
