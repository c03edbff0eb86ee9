"""Where recipes stand: found by name, read as TOML, not yet checked. Little is imported: the app begins with it."""

import errno
import os
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path

from dltui import paths, regular_file
from dltui.digits import whole
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.text_decoding import decoded

LARGEST = 1 << 18  # bytes of a recipe: the longest of ours has 6,206
DEEPEST = 32  # tables and lists in one another
DIGITS = re.compile(r"[0-9][0-9_]{4299,}")  # more of them Python does not make a number of
HINT = "How a recipe looks: dltui show mlp-mnist --toml"


def files() -> dict[str, Path]:
    """Returns name -> file of every bundled recipe, topic after topic, by name; runs.course has them in order."""
    return {path.stem: path for path in sorted(paths.recipes().glob("*/*.toml"))}


def topics() -> dict[str, str]:
    """Returns folder -> name of every topic, in course order: {"01_foundations": "foundations"}."""
    folders = dict.fromkeys(path.parent.name for path in files().values())
    return {folder: topic_name(folder) for folder in folders}


def topic_name(folder: str) -> str:
    """Returns the name of a topic by its folder: "foundations" of "01_foundations"."""
    number, _, name = folder.partition("_")
    return (name if number.isdigit() else folder).replace("_", " ")


def find_topic(word: str) -> str:
    """Returns the folder of the topic that `word` names: by its number, its name, or a part of it.

    Raises DltuiError (3) where there is none, or more than one.
    """
    known = topics()
    wanted = " ".join(word.lower().replace("_", " ").replace("-", " ").split())
    number = whole(wanted)
    same = [
        folder
        for folder, name in known.items()
        if wanted in (name, folder.replace("_", " ")) or folder.partition("_")[0].lstrip("0") == str(number)
    ]
    parts = same or [folder for folder, name in known.items() if wanted and wanted in name]
    if len(parts) == 1:
        return parts[0]
    if parts:
        names = ", ".join(known[folder] for folder in parts)
        raise DltuiError(f'"{word}" is in several topics.', f"Which: {names}?", ExitStatus.NOT_FOUND)
    near = did_you_mean(wanted, known.values())
    raise DltuiError(f'There is no topic "{word}".', f"{near} See: dltui course", ExitStatus.NOT_FOUND)


def find(word: str) -> Path:
    """Returns the file of the recipe that `word` names: a bundled recipe's name or a path to a TOML file.

    Raises DltuiError (3) where there is none, with the file of that name in the current folder, or the nearest name.
    """
    if word.endswith(".toml") or "/" in word:
        path = Path(word).expanduser()
        if os.path.exists(path):  # no OSError where it is longer than a name can be
            return path
        raise DltuiError(f"{word}: no such recipe file.", "See: dltui list", ExitStatus.NOT_FOUND)
    known = files()
    if word in known:
        return known[word]
    here = Path(f"{word}.toml")
    near = f'Did you mean the file "{here}"?' if os.path.isfile(here) else did_you_mean(word, known)
    raise DltuiError(f'There is no recipe "{word}".', f"{near} See: dltui list", ExitStatus.NOT_FOUND)


def read_text(path: Path) -> str:
    """Returns the text of a recipe file, in UTF-8 or UTF-16. Raises DltuiError (2, 3) where a recipe can be no such."""
    try:
        found = decoded(regular_file.read(path, LARGEST))
        if found.note:
            raise ValueError(f"it seems to be {found.encoding}; TOML is UTF-8: save it so")
        return found.text
    except ValueError as error:
        raise DltuiError(f"{path}: not TOML: {error}.", HINT, ExitStatus.USAGE) from None
    except OSError as error:
        there = error.errno in (errno.EINVAL, errno.EFBIG)  # and it is nothing that a recipe can be
        hint = HINT if there else "The recipes there are: dltui list"
        status = ExitStatus.USAGE if there else ExitStatus.NOT_FOUND
        raise DltuiError(f"{path}: {error.strerror}.", hint, status) from None


def read_table(path: Path) -> dict:
    """Returns the TOML of `path` as a dict. Raises DltuiError (2) with line and column where it is not TOML."""
    return table_of(read_text(path), path)


def table_of(text: str, where: object) -> dict:
    """Returns the TOML `text` as a dict, its values such that all can be walked, counted with and written.

    Raises DltuiError (2), each line of it with `where` and the key.
    """
    import tomli

    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        problems = [f"not TOML: {error}"]
    except RecursionError:
        problems = [f"not TOML that a recipe can be: tables and lists are nested more than {DEEPEST} times"]
    except ValueError as error:  # Python's int()
        problems = [_long_number(text) or f"not TOML: {error}"]
    else:
        problems = value_problems(table)
    if problems:
        raise DltuiError("\n".join(f"{where}: {problem}." for problem in problems), HINT, ExitStatus.USAGE)
    return table


def _long_number(text: str) -> str:
    """Which number has more digits than Python reads."""
    found = DIGITS.search(text)
    if not found:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    key, equals, _ = text[text.rfind("\n", 0, found.start()) + 1 : found.start()].partition("=")
    return f"line {line}: {key.strip()[:60] if equals else 'a number'} has more than 4,300 digits"


def value_problems(table: Mapping) -> list[str]:
    """Returns what is wrong with the values of a table, each as words that begin with its key.

    Whole numbers have 64 bits, as TOML says; others are finite; tables and lists are nested DEEPEST times at most.
    """
    if _is_sound(table):  # nearly always, and a list of recipes asks hundreds of times
        return []
    problems = []
    rest = [("", table, 0)]
    while rest:  # not by recursion: how deep it is, is the question
        key, value, depth = rest.pop()
        if isinstance(value, dict | list):
            if depth > DEEPEST:
                problems.append(f"{key[:60]} ... is nested too deep, at most {DEEPEST} tables and lists")
                continue
            pairs = value.items() if isinstance(value, dict) else (("", item) for item in value)
            rest += [(".".join(filter(None, (key, str(name)))), item, depth + 1) for name, item in pairs]
        elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            digits = int(value.bit_length() * 0.30103) + 1
            problems.append(f"{key} must be a number of 64 bits, not one of about {digits:,} digits")
        elif isinstance(value, float) and not isfinite(value):
            problems.append(f"{key} must be a finite number, not {value}")
    return problems[::-1]  # as they stand in the file


def _is_sound(table: Mapping) -> bool:
    """Whether value_problems has nothing to tell; ten times as quick as telling it."""
    rest = [(table, 0)]
    while rest:
        value, depth = rest.pop()
        for item in value.values() if isinstance(value, dict) else value:
            kind = type(item)
            if kind is dict or kind is list:
                if depth == DEEPEST:
                    return False
                rest.append((item, depth + 1))
            elif (kind is int and not -(1 << 63) <= item < 1 << 63) or (kind is float and not isfinite(item)):
                return False
    return True


def read_parts(path: Path, *sections: str) -> dict:
    """Returns what stands above a recipe's first section, and the sections named: a list needs no more of 300 recipes.

    Raises DltuiError as `read_table`. A fault in the other sections is not seen.
    """
    text = read_text(path)
    head, *others = text.split("\n[")
    wanted = [part for part in others if part.startswith(sections)]
    try:
        return table_of("\n[".join([head, *wanted]), path)
    except DltuiError:
        return table_of(text, path)


def flat(table: Mapping, prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted key, value) of every leaf of nested tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
