"""What a student hands in, and what a teacher reads of it: runs by recipe, and exercises.

A hand-in is a zip laid out as a home, without what is large: of each recipe the run that says how it stands (run.json,
recipe.toml, its log without numbers and pictures), of each exercise the student's file and how far it is. `dltui class`
reads such zips, and homes on a shared disk, alike. It notices runs that were edited by hand (see log_check.py), which
proves nothing: all of it is the student's own, and who can edit a log can compute its chain again.
"""

import json
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import dltui
from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import abridged_log, events, exercise_folder, log_check, recipe_status
from dltui.runs import run as runs
from dltui.runs.exercise_folder import Progress
from dltui.runs.log_check import AT_HAND_IN, EDITED, STATES, WHOLE, Verdict
from dltui.runs.recipe_status import Mark
from dltui.runs.run import Run
from dltui.text import clean_line

MANIFEST = "handin.json"
MEMBER = re.compile(r"(?:handin\.json|runs/[\w.-]+/(?:run\.json|recipe\.toml|events\.jsonl)|exercises/[\w.-]+/[\w.-]+)")
LARGEST = 1 << 20  # bytes of a file in a hand-in
MOST = 5_000  # files of a hand-in
MOST_BYTES = 64 << 20  # of all of them, unpacked
MOST_OF_LOGS = MOST_BYTES // 2  # of their logs; of those that come after it only the end is handed in
LONGEST_NAME, LONGEST_WHY = 80, 200


class Student(NamedTuple):
    """What one student has done. recipes: name -> how it stands; problem: why that could not be read; passed_over:
    how many files in it are none of a hand-in's; logs: recipe -> whether the run by which it stands was edited."""

    name: str
    source: str  # the zip, or the folder
    recipes: dict[str, Mark]
    exercises: dict[str, Progress]
    handed_in: float  # a Unix time, 0 where a folder is read as it is now
    passed_over: int = 0
    problem: str = ""
    logs: Mapping[str, Verdict] = MappingProxyType({})

    def met(self) -> int:
        """How many recipes have met their claims."""
        return sum(mark.kind == "met" for mark in self.recipes.values())

    def solved(self) -> int:
        return sum(bool(progress.solved) for progress in self.exercises.values())

    def edited(self) -> dict[str, str]:
        """Recipe -> why its run is not as it was written."""
        return {name: one.why for name, one in self.logs.items() if one.state == EDITED}

    def newest(self) -> float:
        """When something was last begun or solved, a Unix time; 0 where nothing was."""
        begun = [mark.run.info().get("created", 0.0) for mark in self.recipes.values()]
        return max([*begun, *(progress.solved for progress in self.exercises.values())], default=0.0)


def labels(students: Sequence[Student]) -> list[str]:
    """Returns the students' names; those of one name are told apart by their files."""
    names = [student.name for student in students]
    return [
        f"{student.name} ({student.source})" if names.count(student.name) > 1 else student.name for student in students
    ]


# -- handing in --------------------------------------------------------------------------------------------------------


def write(path: Path, name: str) -> tuple[int, int]:
    """Writes what there is in the home to a zip; returns how many recipes and exercises. Raises DltuiError, OSError."""
    found, exercises = recipe_status.of_all(runs.newest_first()), _exercises(paths.home())
    if not found and not exercises:
        raise DltuiError("There is nothing to hand in: no run, no exercise.", "Begin: dltui course")
    checked: dict[str, Verdict] = {}
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        left = MOST_OF_LOGS
        for mark in found.values():
            for part in (mark.run.path / "run.json", mark.run.recipe_file):
                if part.exists():
                    archive.writestr(f"runs/{mark.run.id}/{part.name}", regular_file.read(part, LARGEST))
            log, verdict = _log_of(mark.run, min(left, LARGEST))
            archive.writestr(f"runs/{mark.run.id}/{mark.run.log.name}", log)
            left -= len(log)
            if verdict:
                checked[mark.run.id] = verdict
        for exercise in exercises:
            for part in sorted((paths.home() / "exercises" / exercise).glob("*.*")):
                if part.is_file() and part.stat().st_size <= LARGEST:
                    archive.writestr(f"exercises/{exercise}/{part.name}", regular_file.read(part, LARGEST))
        manifest = {"name": name, "version": dltui.__version__, "made": round(time.time()), "checked": checked}
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False))
    return len(found), len(exercises)


def _log_of(run: Run, most: int) -> tuple[bytes, Verdict | None]:
    """What is handed in of a log; where that is only its end, how the whole of it stands here."""
    try:
        log = abridged_log.of(run.log, most)
    except OSError:
        log = None
    if log is not None:
        return log, None
    last = events.last_event(run.log)
    return events.encode(last) if last else b"", log_check.check(run)


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
    checked = told.get("checked")
    logs = {name: _verdict(mark.run, checked if told else None) for name, mark in marks.items()}
    named = clean_line(str(told.get("name") or ""))[:LONGEST_NAME].strip()
    made = told.get("made")
    handed_in = float(made) if isinstance(made, int | float) and 0 <= made < 1e11 else 0.0
    return Student(named or name, source.name, marks, exercises, handed_in, logs=logs)


def _verdict(run: Run, checked: object) -> Verdict:
    """How the log of a run stands. checked: what a hand-in tells of those that it has only the ends of."""
    told = checked.get(run.id) if isinstance(checked, dict) else None
    if not (isinstance(told, list) and len(told) == 2 and told[0] in STATES and isinstance(told[1], str)):
        return log_check.check(run, abridged=checked is not None)
    state, why = told[0], clean_line(told[1])[:LONGEST_WHY]
    if state == WHOLE:
        return Verdict(AT_HAND_IN, "its log is too long to be handed in, and was looked at by the student's dltui")
    return Verdict(state, why)


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
