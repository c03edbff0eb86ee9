"""How the user wants to be told of a run's end: DLTUI_HOME/notify.toml, and DLTUI_NOTIFY for one shell.

always = true                       # as if --notify stood in every command line; DLTUI_NOTIFY=1 or 0 decides before it
terminal = true                     # the bell, and a notification of the terminal
command = "notify-send dltui"       # run without a shell; the facts by DLTUI_NOTIFY_* and as JSON on its standard input
url = "https://host/path"           # gets them as JSON by POST
stalled = 10                        # minutes in which nothing moves, after which that is told; 0: never

What is wrong in the file is told; what is right in it counts all the same.
"""

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from dltui import paths
from dltui.errors import DltuiError, did_you_mean
from dltui.recipes import files

FILE, VARIABLE = "notify.toml", "DLTUI_NOTIFY"
SWITCH = {"1": True, "0": False, "": None}
MOST_MINUTES = 60 * 24 * 365


class NotifySettings(NamedTuple):
    """What counts. problems: in words, what is wrong in the file and was passed over."""

    always: bool = False
    terminal: bool = True
    command: tuple[str, ...] = ()
    url: str = ""
    stalled: float = 0.0
    problems: tuple[str, ...] = ()

    @property
    def reaches_out(self) -> bool:
        """Whether there is a way that needs no terminal."""
        return bool(self.command or self.url)


def load(variables: Mapping[str, str] = os.environ, path: Path | None = None) -> NotifySettings:
    """Returns the settings; the defaults without a file."""
    path = path or paths.home() / FILE
    found: dict[str, object] = {}
    problems: list[str] = []
    try:
        table = files.read_table(path) if path.exists() else {}
    except DltuiError as error:
        table, problems = {}, [str(error)]
    for name, value in table.items():
        if name not in READERS:
            problems.append(f'{path}: "{name}" is unknown. {did_you_mean(name, READERS)}')
            continue
        try:
            found[name] = READERS[name](value)
        except ValueError as error:
            problems.append(f"{path}: {name}: {error}")
    problems += _from_variable(variables, found)
    return NotifySettings(**found, problems=tuple(problems))


def _from_variable(variables: Mapping[str, str], found: dict[str, object]) -> Iterator[str]:
    given = variables.get(VARIABLE, "")
    if given not in SWITCH:
        yield f"{VARIABLE} is {given!r}: 1 tells of every end, 0 of none. It was passed over."
    elif SWITCH[given] is not None:
        found["always"] = SWITCH[given]


# -- one value each: returns what counts, raises ValueError in words ---------------------------------------------------


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false.")
    return value


def _command(value: object) -> tuple[str, ...]:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no text. Example: command = "notify-send dltui"')
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ValueError(f"{value!r}: {str(error).lower()}.") from None
    if not words:
        return ()
    program = os.path.expanduser(words[0])
    if not shutil.which(program):
        raise ValueError(f"there is no program {words[0]}.")
    return (program, *words[1:])


def _url(value: object) -> str:
    if value == "":
        return ""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        sound = parts and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(not (32 < ord(letter) < 127) for letter in value):
        raise ValueError('no address that begins with http:// or https://. Example: url = "https://host/path"')
    return value


def minutes(value: object) -> float:
    """Returns minutes, 0 for never. Raises ValueError in words."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_MINUTES:
        raise ValueError(f"{value!r} is no number of minutes: 0 for never, at most {MOST_MINUTES:,}.")
    return float(value)


READERS = {"always": _flag, "terminal": _flag, "command": _command, "url": _url, "stalled": minutes}
