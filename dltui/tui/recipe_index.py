"""The recipes as the tree lists them and the search finds them, built once from their tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dltui.errors import DltuiError
from dltui.recipes import kind_files, parts
from dltui.recipes.files import flat, read_table, topic_name
from dltui.render.cells import shown
from dltui.runs import course
from dltui.runs.recipe_status import Mark

OWN = "own"  # the topic of the user's own files, in the folder where dltui was started
MOST = 200  # files of one's own that are looked into
_COMMAND = re.compile(r"^    dltui .*$", re.MULTILINE)  # to try: they name other recipes
_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"[аеиоуыэюяйь]{1,2}$")  # of a Russian word: the same word stands elsewhere with another one


class Entry(NamedTuple):
    """One recipe of the tree. `word` is what `dltui run` takes. What follows `path` is empty until it was read."""

    name: str
    topic: str
    word: str
    path: Path
    title: str = ""
    summary: str = ""
    seconds: float = 0.0
    claims: str = ""
    heading: str = ""  # name, title, topic and summary as the search sees them: " word word"
    text: str = ""  # the lessons, likewise


class Hit(NamedTuple):
    """A recipe that a search found: in its heading, or only in its lesson."""

    entry: Entry
    by_heading: bool


def listed() -> list[Entry]:
    """Returns every bundled recipe in course order, unread: they are known by the names of their files."""
    return [_named(name, path.parent.name, name, path) for name, path in course.in_order().items()]


def own() -> list[Entry]:
    """Returns the recipes among the TOML files of the current folder, read; a file that cannot be read says why."""
    found = []
    try:
        paths = sorted(Path().glob("*.toml"))[:MOST]
    except OSError:  # the folder is gone, or closed to us
        return []
    for path in paths:
        entry = entry_of_file(path)
        try:
            table = read_table(path)
        except DltuiError as error:
            found.append(_unreadable(entry, error))
            continue
        if isinstance(table.get(parts.subject_of(table)), dict) and "title" in table:  # else another program's file
            found.append(of_table(entry, table))
    return found


def course_of(entries: Iterable[Entry], marks: Mapping[str, Mark]) -> list[course.Topic]:
    """Returns the course as it stands here; marks: recipe name -> mark. One's own files are no part of it."""
    bundled = (entry for entry in entries if entry.topic != OWN)
    return course.arranged(course.Step(one.name, one.title, one.path, marks.get(one.name)) for one in bundled)


def entry_of_file(path: Path) -> Entry:
    """Returns the entry of a file of the user's own, unread."""
    word = str(path)
    return _named(shown(path.stem), OWN, word if "/" in word else f"./{word}", path)


def _named(name: str, topic: str, word: str, path: Path) -> Entry:
    return Entry(name, topic, word, path, heading=searchable(name, topic_name(topic)))


def read(entry: Entry) -> Entry:
    """Returns the entry with what its file says; the title of a broken file says what is wrong."""
    try:
        return of_table(entry, read_table(entry.path))
    except DltuiError as error:
        return _unreadable(entry, error)


def loaded(entry: Entry) -> tuple[Entry, dict, str]:
    """Returns the entry with what its file says, and the file's table; else the entry, {} and why it cannot be read.

    The kinds of files that it names are known from then on.
    """
    try:
        table = read_table(entry.path)
        kind_files.of_recipe(table, entry.path)
    except DltuiError as error:
        return entry, {}, str(error)
    return of_table(entry, table), table, ""


def _unreadable(entry: Entry, error: DltuiError) -> Entry:
    return entry._replace(title=shown(f"cannot be read: {error.message.removeprefix(f'{entry.path}: ')}"))


def of_table(entry: Entry, table: Mapping) -> Entry:
    """Returns the entry with what its table says. What is not of its type there is left out: `check` tells of it."""
    title, summary = (shown(table.get(key, "")) for key in ("title", "summary"))
    seconds = table.get("seconds")
    lesson = table.get("lesson")
    lessons = lesson.values() if isinstance(lesson, dict) else ()
    return entry._replace(
        title=title,
        summary=summary,
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        claims=claims_of(table),
        heading=searchable(entry.name, title, topic_name(entry.topic), summary),
        text=searchable(*(_COMMAND.sub("", text) for text in lessons if isinstance(text, str))),
    )


def claims_of(table: Mapping) -> str:
    """Returns what the recipe claims on built-in data, on one line."""
    expect = table.get("expect")
    wanted = flat(expect) if isinstance(expect, dict) else ()
    return ", ".join(shown(f"{name} {want}") for name, want in wanted if not name.startswith("hub."))


def topic_title(topic: str) -> str:
    """Returns a topic as a person reads it: "Training dynamics" of "02_training_dynamics"."""
    return "Your files" if topic == OWN else topic_name(topic).capitalize()


def searchable(*texts: str) -> str:
    """Returns texts as the search sees them: small letters, words only, a blank before each."""
    return " " + " ".join(_WORD.findall(" ".join(texts).casefold().replace("ё", "е")))


def stems(query: str) -> list[str]:
    """Returns the words of a query, each without the ending that changes from place to place."""
    return [_stem(word) for word in searchable(query).split()]


def _stem(word: str) -> str:
    if word.isascii():
        return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
    return _ENDING.sub("", word) if len(word) > 5 else word


def search(entries: Sequence[Entry], query: str) -> list[Hit]:
    """Returns the recipes that hold every word of `query`: anywhere in the name, at a word's beginning elsewhere."""
    words = stems(query)
    hits = []
    for entry in entries:
        by_heading = all(f" {word}" in entry.heading or word in entry.name for word in words)
        if by_heading or all(
            f" {word}" in entry.text or f" {word}" in entry.heading or word in entry.name for word in words
        ):
            hits.append(Hit(entry, by_heading))
    return hits
