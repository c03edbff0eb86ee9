"""A teacher's own selection and order, with dates: a TOML file of parts, each with recipes and exercises.

title = "Deep learning, autumn"

[[part]]
name = "Week 1: a first net"
due = 2026-09-14
recipes = ["mlp-moons", "backprop-graph"]
exercises = ["backward-pass"]
"""

from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import exercise, files

KEYS = {"part": ("title", "part"), "item": ("name", "due", "recipes", "exercises")}
LIKE = 'Such as: [[part]] name = "Week 1", due = 2026-09-14, recipes = ["mlp-moons"], exercises = ["knn-choice"]'


class Part(NamedTuple):
    """What is to be done, and until when; None for no date."""

    name: str
    due: date | None
    recipes: tuple[str, ...]
    exercises: tuple[str, ...]


class Syllabus(NamedTuple):
    """A course of a teacher's own."""

    title: str
    parts: tuple[Part, ...]


def read(path: Path) -> Syllabus:
    """Returns the syllabus in a file. Raises DltuiError (2) with every problem, one a line; (3) where there is none."""
    table = files.read_table(path)
    problems = [f"{key} is unknown. {did_you_mean(key, KEYS['part'])}" for key in table if key not in KEYS["part"]]
    title, parts = table.get("title", path.stem), table.get("part")
    if not isinstance(title, str):
        problems.append(f"title must be a text, not {title!r}.")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        problems.append("it has no [[part]].")
        parts = []
    found = [_part(part, number, problems) for number, part in enumerate(parts, 1)]
    if problems:
        raise DltuiError("\n".join(f"{path}: {problem}" for problem in problems), LIKE, ExitStatus.USAGE)
    return Syllabus(title, tuple(found))


def _part(table: dict, number: int, problems: list[str]) -> Part:
    where = f"part {number}"
    problems += [
        f"{where}: {key} is unknown. {did_you_mean(key, KEYS['item'])}" for key in table if key not in KEYS["item"]
    ]
    name, due = table.get("name", f"Part {number}"), table.get("due")
    if not isinstance(name, str):
        problems.append(f"{where}: name must be a text, not {name!r}.")
    if due is not None and (not isinstance(due, date) or isinstance(due, datetime)):
        problems.append(f"{where}: due must be a date such as 2026-09-14, without quotation marks, not {due!r}.")
    known = {"recipes": files.files(), "exercises": exercise.found()}
    named = {key: _names(table.get(key, []), f"{where}: {key}", known[key], problems) for key in known}
    if not any(named.values()):
        problems.append(f"{where}: it names no recipe and no exercise.")
    return Part(str(name), due, named["recipes"], named["exercises"])


def _names(given: object, where: str, known: dict[str, Path], problems: list[str]) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        problems.append(f"{where} must be a list of names, not {given!r}.")
        return ()
    problems += [f'{where}: there is no "{name}". {did_you_mean(name, known)}' for name in given if name not in known]
    return tuple(dict.fromkeys(given))
