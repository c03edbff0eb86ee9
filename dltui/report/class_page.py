"""A class as one page: students by recipes and exercises, what is hard for many, and which runs were edited."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dltui.recipes import exercise, files
from dltui.render.cells import shown
from dltui.report import page
from dltui.report.class_words import CLASS_WORDS, ClassWords
from dltui.report.words import WORDS
from dltui.runs import course, handin
from dltui.runs.handin import Student
from dltui.runs.log_check import AT_HAND_IN, NOT_CHAINED

ACROSS = 12  # columns of a table: so many fit on A4
MOST_OWN = 2 * ACROSS  # recipes that are none of ours, whose names are the students'
MANY = 2  # students who have begun something and not done it, so that it is told
MOST_HARD = 15
DAY, SHORT_DAY = "%Y-%m-%d", "%m-%d"


class Cell(NamedTuple):
    """How one student stands with one recipe or exercise. standing: of ClassWords, "" where it was not begun."""

    standing: str = ""
    edited: bool = False
    day: str = ""
    short_day: str = ""


class Grid(NamedTuple):
    """Students by some recipes or exercises."""

    caption: str
    names: list[str]
    rows: list[tuple[str, list[Cell]]]


class StudentRow(NamedTuple):
    """What a student has done, in numbers."""

    name: str
    met: int
    run: int
    solved: int
    begun: int
    last: str
    handed_in: str
    edited: bool


class HardRow(NamedTuple):
    """A recipe or exercise that many have begun and not done."""

    kind: str
    name: str
    undone: int
    begun: int


def render(found: Sequence[Student], folder: str, language: str) -> str:
    """Returns the page of a class; `folder` is what it is called."""
    students = [student for student in found if not student.problem]
    said, labels = CLASS_WORDS[language], handin.labels(students)
    recipes = {name for student in students for name in student.recipes}
    tasks = {name for student in students for name in student.exercises}
    named = list(zip([shown(label) for label in labels], students, strict=True))
    edited = [
        (label, student.recipes[name].run.id, why) for label, student in named for name, why in student.edited().items()
    ]
    return page.environment().get_template("class.html.jinja").render(
        title=said.title.format(shown(folder)),
        words=WORDS[language],
        said=said,
        language=language,
        made=page.made(),
        summary=said.summary.format(students=len(students), recipes=len(recipes), exercises=len(tasks)),
        students=[_row(label, student) for label, student in named],
        hard=sorted(_hard(students, said), key=lambda row: (-row.undone, row.begun, row.name))[:MOST_HARD],
        grids=list(_recipe_grids(named, recipes, said)) + list(_exercise_grids(named, tasks, said)),
        left_out=max(0, len(recipes - set(files.files())) - MOST_OWN),
        edited=edited,
        unknown=sum(one.state in (NOT_CHAINED, AT_HAND_IN) for student in students for one in student.logs.values()),
        unread=[student.problem for student in found if student.problem],
    )  # fmt: skip


Named = Sequence[tuple[str, Student]]


def _row(label: str, student: Student) -> StudentRow:
    counts = student.met(), len(student.recipes), student.solved(), len(student.exercises)
    last, handed_in = _day(student.newest()), _day(student.handed_in)
    return StudentRow(label, *counts, last, handed_in, bool(student.edited()))


def _hard(students: Sequence[Student], said: ClassWords) -> Iterator[HardRow]:
    done: dict[tuple[str, str], list[bool]] = {}
    for student in students:
        for name, mark in student.recipes.items():
            done.setdefault((said.recipe, name), []).append(mark.kind == "met")
        for name, progress in student.exercises.items():
            done.setdefault((said.exercise, name), []).append(bool(progress.solved))
    for (kind, name), marks in done.items():
        if (undone := marks.count(False)) >= MANY:
            yield HardRow(kind, name, undone, len(marks))


def _recipe_grids(named: Named, recipes: set[str], said: ClassWords) -> Iterator[Grid]:
    """Tables of the recipes that were begun, topic after topic, the students' own last."""
    topics: dict[str, list[str]] = {}
    for name, path in course.in_order().items():
        if name in recipes:
            topics.setdefault(path.parent.name, []).append(name)
    for folder, names in topics.items():
        yield from _grids(f"{folder[:2]} {files.topic_name(folder)}", names, named, said, _recipe_cell)
    own = recipes - set(files.files())
    begun = {name: sum(name in student.recipes for _, student in named) for name in own}
    most = sorted(own, key=lambda name: (-begun[name], name))[:MOST_OWN]
    yield from _grids(said.own, most, named, said, _recipe_cell)


def _exercise_grids(named: Named, tasks: set[str], said: ClassWords) -> Iterator[Grid]:
    yield from _grids(said.exercises, [name for name in exercise.found() if name in tasks], named, said, _exercise_cell)


def _grids(caption: str, names: list[str], named: Named, said: ClassWords, cell) -> Iterator[Grid]:
    """Tables of some columns each, as even as can be."""
    count = -(-len(names) // ACROSS)
    for number in range(count):
        part = names[number * len(names) // count : (number + 1) * len(names) // count]
        rows = [(label, [cell(student, name) for name in part]) for label, student in named]
        told = said.part.format(topic=caption, number=number + 1, count=count) if count > 1 else caption
        yield Grid(told, part, rows)


def _recipe_cell(student: Student, name: str) -> Cell:
    mark = student.recipes.get(name)
    if mark is None:
        return Cell()
    when = mark.run.info().get("created", 0.0)
    standing = mark.kind if mark.kind in ("met", "missed") else "begun"
    return Cell(standing, name in student.edited(), _day(when), _day(when, SHORT_DAY))


def _exercise_cell(student: Student, name: str) -> Cell:
    progress = student.exercises.get(name)
    if progress is None:
        return Cell()
    when = progress.solved
    return Cell("solved" if when else "begun", False, _day(when), _day(when, SHORT_DAY))


def _day(when: float, form: str = DAY) -> str:
    """A Unix time as a date of here, "" for 0."""
    return time.strftime(form, time.localtime(when)) if when else ""
