"""What the user notes about a run to find it again: a name, tags, a note, a group, a pin.

They lie in the run's folder in a file of their own, annotations.json, which is there once something was noted. run.json
and the log stay as the engine wrote them.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.errors import DltuiError
from dltui.text import clean, clean_line

FILE = "annotations.json"
LARGEST = 1 << 16  # bytes of the file
LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE, MOST_TAGS = 64, 40, 10_000, 50
PATIENCE, BETWEEN = 5.0, 0.02  # seconds to wait for another who writes; between two tries
_TAG = re.compile(r"[^\W_][\w.+@/-]*")
_OF_FILTERS = frozenset('<>=!:"')  # a name with one of them would read as a condition


class Annotations(NamedTuple):
    """What was noted; '' and () for nothing. problem: in words, what is wrong with a file that was passed over."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    group: str = ""
    pinned: bool = False
    problem: str = ""

    @property
    def fields(self) -> dict[str, object]:
        """What was noted, as JSON has it."""
        return {
            "name": self.name,
            "tags": list(self.tags),
            "note": self.note,
            "group": self.group,
            "pinned": self.pinned,
        }

    @property
    def words(self) -> str:
        """Returns e.g. '"best"  #baseline #lr  group lr-study  pinned' on one line, '' where nothing was noted."""
        tags = " ".join(f"#{tag}" for tag in self.tags)
        parts = (
            f'"{self.name}"' if self.name else "",
            tags,
            f"group {self.group}" if self.group else "",
            "pinned" if self.pinned else "",
        )
        return "  ".join(filter(None, parts))


NONE = Annotations()


def told(noted: Annotations) -> str:
    """Returns all that was noted as lines of text, '' for nothing: what `words` says, the note, what is wrong."""
    parts = (noted.words, f"note: {noted.note}" if noted.note else "", noted.problem)
    return "\n".join(filter(None, ["  ".join(filter(None, parts[:2])), parts[2]]))


# -- what may be noted -------------------------------------------------------------------------------------------------


def name_problems(name: object) -> Iterator[str]:
    """What is wrong with a name that is given to a run: a word of the command line is to find it by that."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        yield f"the name {name!r} must have a letter, and no space at its ends."
        return
    if len(name) > LONGEST_NAME:
        yield f"the name {name[:20]!r}... has {len(name)} characters; at most {LONGEST_NAME} are possible."
    if clean(name) != name or not name.isprintable():
        yield f"the name {name!r} has characters that no terminal can show."
    if reserved := reserved_problem(name):
        yield reserved
    if "/" in name or name.startswith((".", "-")):
        yield f'the name "{name}" would be taken for a path or an option: no "/" in it, no "." or "-" before it.'
    if _OF_FILTERS & set(name):
        yield f'the name "{name}" would be taken for a condition: none of < > = ! : " in it.'


def reserved_problem(name: str) -> str:
    """What is wrong with a name that a run cannot be found by; '' where nothing is."""
    if name.casefold() == "last":
        return f'the name "{name}" is taken: last always means the newest run.'
    if name.isdigit():
        return f'the name "{name}" has digits only: these mean the end of an id. Put a letter before them.'
    return ""


def tag_problems(tag: object, what: str = "tag") -> Iterator[str]:
    """What is wrong with a tag, or with the name of a group: one word, so that a filter can name it."""
    if not isinstance(tag, str) or not _TAG.fullmatch(tag) or len(tag) > LONGEST_TAG:
        yield (
            f"the {what} {str(tag)[:60]!r} must be one word of letters, digits and . + @ / - _, which begins with a"
            f" letter or a digit, of at most {LONGEST_TAG} characters."
        )


def note_problems(note: object) -> Iterator[str]:
    """What is wrong with a note."""
    if not isinstance(note, str):
        yield f"the note must be a text, not {type(note).__name__}."
    elif len(note) > LONGEST_NOTE:
        yield f"the note has {len(note):,} characters; at most {LONGEST_NOTE:,} are possible."


def _problems(told: object) -> Iterator[str]:
    """What is wrong with what a file holds. Keys of a later version are passed over."""
    if not isinstance(told, Mapping):
        yield "it holds no JSON object"
        return
    if told.get("name"):
        yield from name_problems(told["name"])
    tags = told.get("tags", [])
    if not isinstance(tags, list) or len(tags) > MOST_TAGS:
        yield f"tags must be a list of at most {MOST_TAGS}"
        tags = []
    for tag in tags:
        yield from tag_problems(tag)
    yield from note_problems(told.get("note", ""))
    if told.get("group"):
        yield from tag_problems(told["group"], "group")
    if not isinstance(told.get("pinned", False), bool):
        yield "pinned must be true or false"


# -- the file ----------------------------------------------------------------------------------------------------------


def stamp(folder: Path) -> os.stat_result | None:
    """Returns what tells one state of a run's file from another; None where nothing was noted."""
    try:
        return os.stat(f"{folder}/{FILE}")  # a Path for each of thousands takes longer than this
    except OSError:
        return None


def read(folder: Path) -> Annotations:
    """Returns what was noted of the run in a folder. A file that is not as it must be is passed over, and told of."""
    if stamp(folder) is None:
        return NONE
    path = folder / FILE
    try:
        told = json.loads(regular_file.read(path, LARGEST))
        wrong = next(_problems(told), "")
    except FileNotFoundError:
        return NONE
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError) as error:
        wrong = f"no JSON: {error}"
    if wrong:
        return Annotations(problem=clean_line(f"{path}: passed over: {wrong.rstrip('.')}."))
    return of_fields(told)


def of_fields(told: Mapping) -> Annotations:
    """Returns what `Annotations.fields` told."""
    return Annotations(
        told.get("name") or "",
        tuple(dict.fromkeys(told.get("tags", ()))),
        clean(told.get("note", "")),
        told.get("group") or "",
        told.get("pinned", False),
    )


def change(folder: Path, changed: Callable[[Annotations], Annotations]) -> Annotations:
    """Writes what becomes of what was noted of a run, and returns it. Two who do so at once both do.

    A file that cannot be read is set aside as annotations.json.broken. Raises DltuiError (1) where nothing can be
    written, and what `changed` raises, the file as it was.
    """
    path = folder / FILE
    try:
        with _alone(folder):
            before = read(folder)
            after = changed(before._replace(problem=""))
            if before.problem:
                os.replace(path, path.with_name(f"{FILE}.broken"))
            if after == NONE:
                path.unlink(missing_ok=True)
            elif after != before:
                with replacing(path, "w", encoding="utf-8", opener=paths.private) as file:
                    file.write(json.dumps(after.fields, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DltuiError(f"{path}: cannot be written: {error.strerror}.", "See: dltui doctor") from error
    aside = f"{before.problem} It was set aside as {FILE}.broken." if before.problem else ""
    return after._replace(problem=aside)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds a lock on the run's folder: what one adds, another who adds at the same time does not lose."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(BETWEEN)
            except OSError:  # a disk that knows no locks
                break
        yield
    finally:
        os.close(lock)
