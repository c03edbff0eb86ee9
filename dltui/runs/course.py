"""The recipes as a course: topic after topic, each recipe at its place, with what was run here and met its claim."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dltui.digits import whole
from dltui.recipes import files as recipe_files
from dltui.runs import recipe_status
from dltui.runs.recipe_status import Mark

LAST = 1000  # the place of a recipe that names none
PLACE = re.compile(rb"^place *= *(\d{1,6})", re.MULTILINE)
HEAD = 2048  # bytes in which a recipe of ours names its place: above its first section


class Step(NamedTuple):
    """One recipe of the course. `mark` is how it stands here; None where it was never run."""

    name: str
    title: str
    path: Path
    mark: Mark | None = None

    @property
    def standing(self) -> str:
        """met, missed, live, failed, ran, or "" where it was never run."""
        return self.mark.kind if self.mark else ""


class Topic(NamedTuple):
    """A topic by its folder, and its recipes in the order in which they are best taken."""

    folder: str
    steps: list[Step]

    @property
    def number(self) -> int:
        number = self.folder.partition("_")[0]
        return whole(number) or 0

    @property
    def name(self) -> str:
        return recipe_files.topic_name(self.folder)

    def count(self, *standings: str) -> int:
        """How many of its recipes stand so."""
        return sum(step.standing in standings for step in self.steps)


def in_order() -> dict[str, Path]:
    """Returns name -> file of every recipe, topic after topic, each at its place.

    Looks for no more than the place in each file: the app's first screen waits for it.
    """
    found = recipe_files.files().items()
    placed = sorted((path.parent.name, _place(path), name, path) for name, path in found)
    return {name: path for _, _, name, path in placed}


def _place(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            head = os.read(file, HEAD)
        finally:
            os.close(file)
    except OSError:  # whoever wants its table is told why
        return LAST
    found = PLACE.search(head.partition(b"\n[")[0])
    return int(found[1]) if found else LAST


def topics() -> list[Topic]:
    """Returns the whole course. Reads the head of every recipe, and the newest runs."""
    files = in_order()
    marks = recipe_status.read(files)
    titles = {name: str(recipe_files.read_parts(path).get("title", name)) for name, path in files.items()}
    return arranged(Step(name, titles[name], path, marks.get(name)) for name, path in files.items())


def arranged(steps: Iterable[Step]) -> list[Topic]:
    """Returns steps that stand in course order as topics."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.path.parent.name, []).append(step)
    return [Topic(folder, of_topic) for folder, of_topic in found.items()]


def find(word: str) -> Topic:
    """Returns the topic that `word` names: its number, its name, or a part of it. Raises DltuiError (3)."""
    folder = recipe_files.find_topic(word)
    return next(topic for topic in topics() if topic.folder == folder)


def following(course: list[Topic]) -> Step | None:
    """The next recipe to run: the first whose claim was not met here yet; None where all were."""
    return next((step for topic in course for step in topic.steps if step.standing != "met"), None)


def progress(course: list[Topic]) -> tuple[int, int]:
    """How many recipes have met their claim here, and how many there are."""
    return sum(topic.count("met") for topic in course), sum(len(topic.steps) for topic in course)
