"""The recipes as a course: topic after topic, each recipe at its place, with what was run here and met its claim."""

from typing import NamedTuple

from dltui.recipes import files as recipe_files
from dltui.runs import recipe_status
from dltui.runs.recipe_status import Mark

LAST = 1000  # the place of a recipe that names none


class Step(NamedTuple):
    """One recipe of the course. `mark` is how it stands here; None where it was never run."""

    name: str
    table: dict
    mark: Mark | None

    @property
    def title(self) -> str:
        return str(self.table.get("title", self.name))

    @property
    def standing(self) -> str:
        """met, missed, live, failed, ran, or "" where it was never run."""
        return self.mark.kind if self.mark else ""


class Topic(NamedTuple):
    """A topic: its number, its name, and its recipes in the order in which they are best taken."""

    number: int
    name: str
    steps: list[Step]

    def count(self, *standings: str) -> int:
        """How many of its recipes stand so."""
        return sum(step.standing in standings for step in self.steps)


def topics() -> list[Topic]:
    """Returns the whole course. Reads every recipe, and the newest runs."""
    files = recipe_files.files()
    marks = recipe_status.read(files)
    found: dict[str, list[Step]] = {folder: [] for folder in recipe_files.topics()}
    for name, path in files.items():
        found[path.parent.name].append(Step(name, recipe_files.read_table(path), marks.get(name)))
    return [_topic(folder, name, found[folder]) for folder, name in recipe_files.topics().items()]


def _topic(folder: str, name: str, steps: list[Step]) -> Topic:
    number = folder.partition("_")[0]
    ordered = sorted(steps, key=lambda step: (_place(step.table), step.name))
    return Topic(int(number) if number.isdigit() else 0, name, ordered)


def _place(table: dict) -> int:
    place = table.get("place", LAST)
    return place if isinstance(place, int) else LAST


def find(word: str) -> Topic:
    """Returns the topic that `word` names: its number, its name, or a part of it. Raises DltuiError (3)."""
    name = recipe_files.topics()[recipe_files.find_topic(word)]
    return next(topic for topic in topics() if topic.name == name)


def following(course: list[Topic]) -> Step | None:
    """The next recipe to run: the first whose claim was not met here yet; None where all were."""
    return next((step for topic in course for step in topic.steps if step.standing != "met"), None)
