"""Every problem of a recipe's table, told at once: file, key, what was given, what is valid, what to try next."""

import re
from collections.abc import Iterator, Mapping

from dltui.errors import DltuiError, did_you_mean
from dltui.recipes import check_claims, check_parts, overrides, parts, schema
from dltui.recipes.files import flat

SECTIONS = (
    "task", "algorithm", "data", "model", "loss", "regularizer", "augment", "optimizer", "schedule", "train",
    "callback", "probe", "comparison", "variants", "full", "expect", "lesson",
)  # fmt: skip
TEXTS = ("title", "summary", "refs", "seconds", "place")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
TOPIC = re.compile(r"[a-z0-9_-]*")
LANGUAGES = ("en", "ru")
SOURCES = ("auto", "hub", "builtin")


def name_problems(name: object) -> Iterator[str]:
    """The problems of a recipe's name."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f"the name {name!r} must be small letters, digits and dashes: it names runs and folders."


def topic_problems(topic: object) -> Iterator[str]:
    """The problems of a recipe's topic: the name of a folder of recipes, or ''."""
    if not isinstance(topic, str) or not TOPIC.fullmatch(topic):
        yield f"the topic {topic!r} must be small letters, digits, - and _"


def problems(table: Mapping, *, own_path: bool) -> Iterator[str]:
    """Every problem of a recipe's table, each as one line that begins with its key."""
    yield from _top_problems(table)
    yield from _part_problems(table)
    yield from check_parts.option_problems("train", table.get("train", {}), schema.train())
    if isinstance(table.get("data"), dict):
        yield from _source_problems(table["data"].get("from", "auto"), own_path=own_path)
    yield from _change_problems(table, own_path=own_path)


def _top_problems(table: Mapping) -> Iterator[str]:
    for key in table:
        if key not in SECTIONS + TEXTS:
            yield f'"{key}" is unknown. {did_you_mean(key, SECTIONS + TEXTS)}'
    if "title" not in table:
        yield "title is missing. See: dltui show mlp-mnist --toml"
    if ("task" in table) == ("algorithm" in table):
        what = "[task] and [algorithm] are both given" if "task" in table else "[task] is missing, or [algorithm]"
        yield f"{what}: a recipe trains by gradients, or runs an algorithm. See: dltui kinds"
    for key in ("title", "summary"):
        if not isinstance(table.get(key, ""), str):
            yield f"{key} must be a text, not {table[key]!r}"
    refs = table.get("refs", [])
    if not isinstance(refs, list) or not all(isinstance(ref, str) for ref in refs):
        yield f"refs must be a list of texts, not {refs!r}"
    if not isinstance(table.get("seconds", 1), int | float):
        yield f"seconds must be a number (the run's usual time on two cores), not {table['seconds']!r}"
    if type(table.get("place", 1)) is not int or table.get("place", 1) < 1:
        yield f"place must be a whole number from 1 (where the recipe comes in its topic), not {table['place']!r}"
    for key in SECTIONS:
        if key in table and not isinstance(table[key], dict):
            yield f"{key} must be a section, [{key}], not {table[key]!r}"
    lesson = table.get("lesson", {})
    for key, text in lesson.items() if isinstance(lesson, dict) else ():
        if key not in LANGUAGES:
            yield f"lesson.{key} is unknown. {did_you_mean(key, LANGUAGES)}"
        elif not isinstance(text, str):
            yield f"lesson.{key} must be a text"


def _part_problems(table: Mapping) -> Iterator[str]:
    """The problems of the parts that are named, of how they fit together, and of what is claimed about them."""
    found: dict[str, schema.Component] = {}
    for section, place, body in parts.kind_sections(table):
        component, wrong = check_parts.component(section, place, body)
        yield from wrong
        if component:
            yield from check_parts.option_problems(place, body, component)
            found[place] = component
    subject = found.get(parts.subject_of(table))
    if subject:
        yield from check_parts.fit_problems(table, subject, found)
        yield from check_claims.problems(table, subject, found)


def _source_problems(source: object, *, own_path: bool) -> Iterator[str]:
    if not isinstance(source, str) or not source:
        yield f"data.from must be auto, hub, builtin or a path, not {source!r}"
    elif source not in SOURCES and not own_path:
        yield (
            f'data.from "{source}" is a path, which only your own recipe file or the command line may name: '
            f"dltui run NAME --data {source}"
        )


def _change_problems(table: Mapping, *, own_path: bool) -> Iterator[str]:
    """Checks `[full]` and each of `[variants]` as the recipe that they make."""
    full = table.get("full", {})
    if isinstance(full, dict) and full:
        yield from _made_problems("full", table, dict(flat(full)), own_path=own_path)
    named = table.get("variants", {})
    for name, changes in named.items() if isinstance(named, dict) else ():
        if not NAME.fullmatch(name.replace("_", "-")):
            yield f"variants.{name!r}: a variant's name is small letters, digits, - and _"
        elif not isinstance(changes, dict):
            yield f"variants.{name} must be a table of dotted keys, not {changes!r}"
        elif "train.steps" in dict(flat(changes)):
            yield f"variants.{name}: variants run side by side and share train.steps"
        else:
            yield from _made_problems(f"variants.{name}", table, dict(flat(changes)), own_path=own_path)


def _made_problems(place: str, table: Mapping, changes: Mapping, *, own_path: bool) -> Iterator[str]:
    base = {key: value for key, value in table.items() if key not in ("variants", "full", "expect", "comparison")}
    known = set(problems(base, own_path=own_path))
    try:
        made = overrides.applied(base, changes)
    except DltuiError as error:
        yield f"{place}: {error}"
        return
    yield from (f"{place}: {problem}" for problem in problems(made, own_path=own_path) if problem not in known)
