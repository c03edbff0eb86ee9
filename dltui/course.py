"""The recipes as a course: topic after topic, each recipe at its place, with what was run here and met its claim."""

from pathlib import Path
from typing import NamedTuple

from dltui import recipe_files, recipe_marks
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipe_marks import Mark

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
    marks = recipe_marks.read(files)
    folders: dict[str, list[tuple[str, Path]]] = {}
    for name, path in files.items():
        folders.setdefault(path.parent.name, []).append((name, path))
    return [
        _topic(folder, [Step(name, recipe_files.read_table(path), marks.get(name)) for name, path in found])
        for folder, found in folders.items()
    ]


def _topic(folder: str, steps: list[Step]) -> Topic:
    number, _, name = folder.partition("_")
    ordered = sorted(steps, key=lambda step: (_place(step.table), step.name))
    return Topic(int(number) if number.isdigit() else 0, name.replace("_", " "), ordered)


def _place(table: dict) -> int:
    place = table.get("place", LAST)
    return place if isinstance(place, int) else LAST


def find(word: str) -> Topic:
    """Returns the topic that `word` names: its number, its name, or a part of it. Raises DltuiError (3)."""
    found = topics()
    wanted = word.lower().replace("_", " ").replace("-", " ").strip()
    same = [topic for topic in found if wanted in (topic.name, f"{topic.number:02d} {topic.name}")]
    same = same or [topic for topic in found if wanted.isdigit() and int(wanted) == topic.number]
    parts = same or [topic for topic in found if wanted and wanted in topic.name]
    if len(parts) == 1:
        return parts[0]
    names = [topic.name for topic in parts or found]
    near = f"Which: {', '.join(names)}?" if parts else f"{did_you_mean(wanted, names)} See: dltui course"
    raise DltuiError(f'There is no topic "{word}".' if not parts else f'"{word}" is in several topics.', near,
                     ExitStatus.NOT_FOUND)  # fmt: skip


def following(course: list[Topic]) -> Step | None:
    """The next recipe to run: the first whose claim was not met here yet; None where all were."""
    return next((step for topic in course for step in topic.steps if step.standing != "met"), None)
