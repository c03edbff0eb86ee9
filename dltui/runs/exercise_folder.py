"""What a learner has of an exercise: DLTUI_HOME/exercises/NAME holds the file to mend and how far it is."""

import json
import time
from pathlib import Path
from typing import NamedTuple

from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.digits import whole
from dltui.recipes.exercise import Exercise

STATE = "exercise.json"
LARGEST = 1 << 16  # bytes of it
LATEST = 1e11  # a Unix time


class Progress(NamedTuple):
    """How far a learner is. hints: how many were told; checks: how often the file was judged; solved: when, a Unix
    time, 0 where it was not; problem: in words, why what stood there could not be read."""

    hints: int = 0
    checks: int = 0
    solved: float = 0.0
    problem: str = ""


def folder(name: str) -> Path:
    """Where an exercise's file lies once it was begun."""
    return paths.home() / "exercises" / name


def file_of(exercise: Exercise) -> Path:
    """The learner's file of an exercise, whether it is there or not."""
    return folder(exercise.name) / exercise.file_name


def begin(exercise: Exercise, language: str) -> tuple[Path, bool]:
    """Puts the file there where there is none; returns it, and whether it is new. Raises OSError."""
    file = file_of(exercise)
    if file.exists():
        return file, False
    paths.make(file.parent)
    with replacing(file, "w", encoding="utf-8", opener=paths.private) as out:
        out.write(exercise.given(language))
    return file, True


def reset(exercise: Exercise, language: str) -> Path | None:
    """Begins an exercise anew; returns where the file that was there lies now, None where there was none."""
    file = file_of(exercise)
    kept = None
    if file.exists():
        kept = next(path for number in range(1, 10_000) if not (path := file.with_suffix(f".{number}.txt")).exists())
        file.rename(kept)
    (file.parent / STATE).unlink(missing_ok=True)
    begin(exercise, language)
    return kept


def progress(name: str, home: Path | None = None) -> Progress | None:
    """How far an exercise is, in `home` where that is another one; None where it was never begun."""
    path = (home / "exercises" / name if home else folder(name)) / STATE
    try:
        told = json.loads(regular_file.read(path, LARGEST))
        hints, checks, solved = whole(str(told["hints"])), whole(str(told["checks"])), float(told["solved"])
        if hints is None or checks is None or not 0 <= solved < LATEST:
            raise ValueError("no counts, or no time")
        return Progress(hints, checks, solved)
    except FileNotFoundError:
        return Progress() if path.parent.is_dir() else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Progress(problem=f"{path}: cannot be read ({error}): counted from the beginning.")


def keep(name: str, made: Progress) -> None:
    """Writes how far an exercise is. Raises OSError."""
    with replacing(folder(name) / STATE, "w", encoding="utf-8", opener=paths.private) as out:
        json.dump({"hints": made.hints, "checks": made.checks, "solved": made.solved}, out)


def solved_now(made: Progress) -> Progress:
    """The same, solved now; one that was solved before stays solved since then."""
    return made._replace(solved=made.solved or round(time.time(), 3))
