"""What a student hands in, and what a teacher reads of it: runs by recipe, and exercises.

A hand-in is a zip laid out as a home, without what is large: of each recipe the run that says how it stands (run.json,
recipe.toml, the end of its log), of each exercise the student's file and how far it is. `dltui class` reads such zips,
and homes on a shared disk, alike. It proves nothing: all of it is the student's own, and can be edited.
"""

import json
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import dltui
from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import events, exercise_folder, recipe_status
from dltui.runs import run as runs
from dltui.runs.exercise_folder import Progress
from dltui.runs.recipe_status import Mark
from dltui.runs.run import Run
from dltui.text import clean_line

MANIFEST = "handin.json"
MEMBER = re.compile(r"(?:handin\.json|runs/[\w.-]+/(?:run\.json|recipe\.toml|events\.jsonl)|exercises/[\w.-]+/[\w.-]+)")
LARGEST = 1 << 20  # bytes of a file in a hand-in
MOST = 5_000  # files of a hand-in
MOST_BYTES = 64 << 20  # of all of them, unpacked
LONGEST_NAME = 80


class Student(NamedTuple):
    """What one student has done. recipes: name -> how it stands; problem: why that could not be read; passed_over:
    how many files in it are none of a hand-in's."""

    name: str
    source: str  # the zip, or the folder
    recipes: dict[str, Mark]
    exercises: dict[str, Progress]
    handed_in: float  # a Unix time, 0 where a folder is read as it is now
    passed_over: int = 0
    problem: str = ""

    def met(self) -> int:
        """How many recipes have met their claims."""
        return sum(mark.kind == "met" for mark in self.recipes.values())

    def solved(self) -> int:
        return sum(bool(progress.solved) for progress in self.exercises.values())

    def newest(self) -> float:
        """When something was last begun or solved, a Unix time; 0 where nothing was."""
        begun = [mark.run.info().get("created", 0.0) for mark in self.recipes.values()]
        return max([*begun, *(progress.solved for progress in self.exercises.values())], default=0.0)


# -- handing in --------------------------------------------------------------------------------------------------------


def write(path: Path, name: str) -> tuple[int, int]:
    """Writes what there is in the home to a zip; returns how many recipes and exercises. Raises DltuiError, OSError."""
    found, exercises = recipe_status.of_all(runs.newest_first()), _exercises(paths.home())
    if not found and not exercises:
        raise DltuiError("There is nothing to hand in: no run, no exercise.", "Begin: dltui course")
    manifest = {"name": name, "version": dltui.__version__, "made": round(time.time())}
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False))
        for mark in found.values():
            for member, data in _of_run(mark.run):
                archive.writestr(f"runs/{mark.run.id}/{member}", data)
        for exercise in exercises:
            for part in sorted((paths.home() / "exercises" / exercise).glob("*.*")):
                if part.is_file() and part.stat().st_size <= LARGEST:
                    archive.writestr(f"exercises/{exercise}/{part.name}", regular_file.read(part, LARGEST))
    return len(found), len(exercises)


def _of_run(run: Run) -> Iterator[tuple[str, bytes]]:
    for part in (run.path / "run.json", run.recipe_file):
        if part.exists():
            yield part.name, regular_file.read(part, LARGEST)
    last = events.last_event(run.log)
    if last:
        yield run.log.name, events.encode(last)


# -- reading -----------------------------------------------------------------------------------------------------------


@contextmanager
def read(folder: Path) -> Iterator[list[Student]]:
    """Yields the students of a folder, by name: its zips, and its folders that are homes or unpacked hand-ins.

    What was unpacked of zips is there until the block ends. Raises DltuiError (3) where there is no student.
    """
    if not folder.is_dir():
        raise DltuiError(f"{folder}: there is no such folder.", "It holds hand-ins: ann.zip ...", ExitStatus.NOT_FOUND)
    with tempfile.TemporaryDirectory(prefix="dltui-class-") as unpacked:
        students = []
        for number, path in enumerate(sorted(folder.iterdir())):
            if path.suffix == ".zip" and path.is_file():
                students.append(_of_zip(path, Path(unpacked) / str(number)))
            elif (path / "runs").is_dir() or (path / "exercises").is_dir():
                students.append(_of_home(path, path, path.name))
        if not students:
            hint = "Students make them: dltui handin --out ann.zip"
            raise DltuiError(f"{folder}: no hand-in is there.", hint, ExitStatus.NOT_FOUND)
        yield sorted(students, key=lambda student: (student.name.casefold(), student.source))


def _of_zip(path: Path, target: Path) -> Student:
    try:
        passed_over = _unpacked(path, target)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        return Student(path.stem, path.name, {}, {}, 0.0, problem=f"{path.name}: {error}")
    return _of_home(target, path, path.stem)._replace(passed_over=passed_over)


def _unpacked(path: Path, target: Path) -> int:
    """Unpacks what a hand-in may hold; returns how many files are none of that. Raises ValueError for one too large."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MOST or sum(member.file_size for member in members) > MOST_BYTES:
            what = f"{len(members):,} files, {sum(member.file_size for member in members) >> 20:,} MiB unpacked"
            raise ValueError(f"too large for a hand-in: {what}")
        wanted = [member for member in members if MEMBER.fullmatch(member.filename) and member.file_size <= LARGEST]
        wanted = [member for member in wanted if not any(part.strip(".") == "" for part in Path(member.filename).parts)]
        for member in wanted:
            place = target / member.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(member))  # no more than file_size says, or BadZipFile
    return len([member for member in members if not member.is_dir()]) - len(wanted)


def _of_home(home: Path, source: Path, name: str) -> Student:
    told = _manifest(home)
    known = sorted((home / "runs").glob("*-*-*-*"), key=lambda path: path.name.rsplit("-", 3)[1:], reverse=True)
    marks = recipe_status.of_all([Run(path) for path in known if path.is_dir()])
    exercises = {one: exercise_folder.progress(one, home) or Progress() for one in _exercises(home)}
    named = clean_line(str(told.get("name") or ""))[:LONGEST_NAME].strip()
    made = told.get("made")
    handed_in = float(made) if isinstance(made, int | float) and 0 <= made < 1e11 else 0.0
    return Student(named or name, source.name, marks, exercises, handed_in)


def _manifest(home: Path) -> dict:
    try:
        told = json.loads(regular_file.read(home / MANIFEST, LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _exercises(home: Path) -> list[str]:
    try:
        return sorted(path.name for path in (home / "exercises").iterdir() if path.is_dir())
    except OSError:
        return []
