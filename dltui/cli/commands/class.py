"""`dltui class`: what the students of a folder have done, by student and by recipe."""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from dltui.cli import recheck
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files
from dltui.runs import handin
from dltui.runs.handin import Student
from dltui.runs.log_check import AT_HAND_IN, NOT_CHAINED

EXAMPLES = """
dltui class handins/                     # ann.zip, bob.zip ..., or homes on a shared disk
dltui class handins/ --csv class.csv     # a row for each student and each recipe or exercise
dltui class handins/ --html class.html   # a page with each student by each recipe and exercise, to print on A4 too
dltui class handins/ --recheck 5         # five claims that were met, run again here on other seeds
dltui class handins/ --json | jq -r '.[] | select(.met < 5) | .student'
"""
COLUMNS = ("student", "source", "kind", "name", "standing", "when", "log")
NO_PROOF = "It is told by the students' own files: no proof of who did it, or that it was done."
MARKED = "! a run that was edited by hand; one without a mark may be too, by who computes its log's chain again."


def command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="With hand-ins, or with homes of dltui.")],
    to: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a table; - for stdout.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to read and print.")] = None,
    again: Annotated[
        int, typer.Option("--recheck", metavar="N", min=0, max=1000, help="Run so many claims that were met again.")
    ] = 0,
    as_json: AsJson = False,
) -> ExitStatus:
    """How far the students of a class are: recipes whose claims they met, exercises they solved.

    The second table says of each recipe and exercise how many have begun it and how many have done it. With --recheck
    claims that were met are run again, from the configuration that was handed in: status 7 where one is not met now.

    A run whose log, recipe.toml or record was edited by hand is marked and told below, with the reason. That is no
    proof either way: who can edit a log can compute its chain again, and exercises are not looked at.
    """
    env = context.obj
    if sum(map(bool, (to, html, as_json, again))) > 1:
        what = "--csv, --html, --json and --recheck are different answers."
        raise DltuiError(what, "Ask for one.", ExitStatus.USAGE)
    with handin.read(folder) as students:
        if as_json:
            env.print_json([_as_json(student) for student in students])
        elif to:
            _write_csv(env, students, to)
        elif html:
            _write_page(env, students, folder, html)
        elif again:
            return _recheck(env, students, again)
        else:
            _print(env, students)
        for student in students:
            if student.problem:
                env.tell(f"{student.problem}; it is passed over.")
            elif student.passed_over:
                env.tell(f"{student.source}: {student.passed_over} files that are none of a hand-in are passed over.")
        unknown = sum(one.state in (NOT_CHAINED, AT_HAND_IN) for student in students for one in student.logs.values())
        if unknown:
            env.tell(f"Runs that are not checked: {unknown}. An older dltui wrote them, or their logs are too long.")
        read = sum(not student.problem for student in students)
        env.tell(f"{read} student{'' if read == 1 else 's'}. {NO_PROOF}")
    return ExitStatus.OK


def _recheck(env, students: list[Student], count: int) -> ExitStatus:
    outcomes = []
    for one in recheck.rechecked(students, count, env):
        outcomes.append(one.outcome)
        env.print(f"{one.student}: {one.recipe}: {one.outcome}")
        env.flush()
    met = outcomes.count("met")
    env.tell(f"{met} of {len(outcomes)} met again, on other seeds." if outcomes else "No claim was met.")
    return ExitStatus.OK if met == len(outcomes) else ExitStatus.CLAIM


def _print(env, students: list[Student]) -> None:
    rows, edited = [("STUDENT", "MET", "RUN", "SOLVED", "BEGUN", "LAST", "")], []
    for name, student in zip(handin.labels(students), students, strict=True):
        counts = student.met(), len(student.recipes), student.solved(), len(student.exercises)
        rows.append((name, *map(str, counts), _day(student.newest()), "!" * bool(student.edited())))
        edited += [f"! {name}: {student.recipes[recipe].run.id}: {why}." for recipe, why in student.edited().items()]
    _print_table(env, rows, right=(1, 2, 3, 4), whole=(5, 6), first=(0,))
    if named := list(_by_name(students)):
        env.print()
        _print_table(env, [("", "NAME", "DONE", "BEGUN", ""), *named], right=(2, 3), whole=(1, 4))
    if edited:
        env.print("\n" + "\n".join([*edited, MARKED]))


def _print_table(env, rows: list[tuple[str, ...]], **columns: tuple[int, ...]) -> None:
    header, *lines = aligned(rows, env.table_width, **columns)
    env.print(header, bold=True)
    env.print("\n".join(lines))


def _by_name(students: list[Student]) -> Iterator[tuple[str, ...]]:
    """(kind, name, how many have done it, how many have begun it, a mark of edited runs), in the course's order."""
    order = list(files.files())
    recipes = {name for student in students for name in student.recipes}
    for name in sorted(recipes, key=lambda name: (order.index(name) if name in order else len(order), name)):
        marks = [student.recipes[name] for student in students if name in student.recipes]
        edited = "!" * any(name in student.edited() for student in students)
        yield "recipe", name, str(sum(mark.kind == "met" for mark in marks)), str(len(marks)), edited
    for name in sorted({name for student in students for name in student.exercises}):
        found = [student.exercises[name] for student in students if name in student.exercises]
        yield "exercise", name, str(sum(bool(progress.solved) for progress in found)), str(len(found)), ""


def _rows(student: Student) -> Iterator[tuple[str, ...]]:
    """(kind, name, standing, when, how its log stands) of all that a student has begun."""
    for name, mark in student.recipes.items():
        yield "recipe", name, mark.kind, _day(mark.run.info().get("created", 0.0)), student.logs[name].state
    for name, progress in student.exercises.items():
        yield "exercise", name, "solved" if progress.solved else "begun", _day(progress.solved), ""


def _write_csv(env, students: list[Student], to: Path) -> None:
    rows = [(student.name, student.source, *row) for student in students for row in _rows(student)]
    if str(to) == "-":
        csv.writer(env.stdout, lineterminator="\n").writerows([COLUMNS, *map(_inert, rows)])
        return
    with _new_file(to) as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *map(_inert, rows)])
    env.tell(f"{to}: {len(rows)} rows.")


def _write_page(env, students: list[Student], folder: Path, to: Path) -> None:
    from dltui.report import class_page  # jinja2: no table in the terminal waits for it

    text = class_page.render(students, folder.resolve().name, env.language)
    with _new_file(to) as file:
        file.write(text)
    env.print(str(to))


@contextmanager
def _new_file(to: Path) -> Iterator[TextIO]:
    """A file to write that was not there. Raises DltuiError (2) where it was, (1) where it cannot be written.

    What could not be written whole is removed.
    """
    made = False
    try:
        with open(to, "x", encoding="utf-8", newline="") as file:
            made = True
            yield file
    except FileExistsError:
        raise DltuiError(f"{to} is there already.", "Choose another name.", ExitStatus.USAGE) from None
    except OSError as error:
        if made:
            to.unlink(missing_ok=True)
        raise DltuiError(f"{to}: {error.strerror}.", "Choose a folder that you may write to.") from None


def _inert(row: tuple[str, ...]) -> list[str]:
    """A row that no spreadsheet takes for a formula: its texts are the students'."""
    return [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row]


def _as_json(student: Student) -> dict:
    return {
        "student": student.name,
        "source": student.source,
        "met": student.met(),
        "run": len(student.recipes),
        "solved": student.solved(),
        "begun": len(student.exercises),
        "handed_in": student.handed_in or None,
        "recipes": {name: mark.kind for name, mark in student.recipes.items()},
        "logs": {name: verdict._asdict() for name, verdict in student.logs.items()},
        "exercises": {
            name: {"solved": progress.solved or None, "hints": progress.hints, "checks": progress.checks}
            for name, progress in student.exercises.items()
        },
        "problem": student.problem or None,
    }


def _day(when: float) -> str:
    """A Unix time as a date of here, "" for 0."""
    return time.strftime("%Y-%m-%d", time.localtime(when)) if when else ""
