"""Every problem of a recipe's table, told at once: file, key, what was given, what is valid, what to try next."""

import re
from collections.abc import Iterator, Mapping

from dltui.errors import DltuiError, did_you_mean
from dltui.recipes import (
    check_claims,
    check_parts,
    hub_name,
    keys,
    overrides,
    parts,
    prediction,
    schema,
    twins,
)
from dltui.recipes.files import flat
from dltui.recipes.prediction import LANGUAGES as LANGUAGES

SECTIONS = (
    "task", "algorithm", "data", "model", "loss", "regularizer", "augment", "optimizer", "schedule", "train",
    "callback", "probe", "comparison", "variants", "full", "expect", "twin", "predict", "lesson",
)  # fmt: skip
TEXTS = ("title", "summary", "refs", "seconds", "place", "kinds")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
BESIDE = ("full", "expect", "twin", "predict", "comparison")  # of the whole recipe, and of none of its variants
TOPIC = re.compile(r"[a-z0-9_-]*")
MOST_SECONDS, MOST_PLACE = 10_000_000, 10_000
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
    yield from check_parts.option_problems("train", table.get("train", {}), schema.train(), table)
    if isinstance(table.get("data"), dict):
        yield from _source_problems(table["data"].get("from", "auto"), own_path=own_path)
    yield from _change_problems(table, own_path=own_path)
    yield from _twin_problems(table, own_path=own_path)


def _top_problems(table: Mapping) -> Iterator[str]:
    for key in table:
        if key not in SECTIONS + TEXTS:
            yield f'"{key}" is unknown. {keys.suggestion(key, SECTIONS + TEXTS, table)}'
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
    seconds, place = table.get("seconds", 1), table.get("place", 1)
    if type(seconds) not in (int, float) or not 0 <= seconds <= MOST_SECONDS:
        yield f"seconds must be a number from 0 to {MOST_SECONDS} (the run's usual time on two cores), not {seconds!r}"
    if type(place) is not int or not 1 <= place <= MOST_PLACE:
        what = f"a whole number from 1 to {MOST_PLACE} (where the recipe comes in its topic)"
        yield f"place must be {what}, not {place!r}"
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
            yield from check_parts.option_problems(place, body, component, table)
            found[place] = component
    subject = found.get(parts.subject_of(table))
    if subject:
        yield from check_parts.fit_problems(table, subject, found)
        yield from check_claims.problems(table, subject, found)
        yield from prediction.problems(table, subject, found)


def _source_problems(source: object, *, own_path: bool) -> Iterator[str]:
    if not isinstance(source, str) or not source:
        yield f"data.from must be auto, hub, builtin, {hub_name.FORM} or a path, not {source!r}"
    elif hub_name.is_hub_name(source):
        try:
            hub_name.parse(source)
        except DltuiError as error:
            yield f"{error.message.rstrip('.')}. {error.hint}"
    elif source not in SOURCES and not own_path:
        yield (
            f'data.from "{source}" is a path, which only your own recipe file or the command line may name: '
            f"dltui run NAME --data {source}"
        )


def _change_problems(table: Mapping, *, own_path: bool) -> Iterator[str]:
    """Checks `[full]` and each of `[variants]` as the recipe that they make; what is wrong without them is not told."""
    base = {key: value for key, value in table.items() if key not in BESIDE and key != "variants"}
    known: set[str] | None = None
    for place, changes in _changes(table):
        if isinstance(changes, str):
            yield changes
            continue
        known = set(problems(base, own_path=own_path)) if known is None else known
        try:
            made = overrides.applied(base, changes)
        except DltuiError as error:
            yield f"{place}: {error}"
            continue
        yield from (f"{place}: {problem}" for problem in problems(made, own_path=own_path) if problem not in known)


def _changes(table: Mapping) -> Iterator[tuple[str, Mapping | str]]:
    """(place, dotted keys) of `[full]` and of each variant; (place, what is wrong) where there are none."""
    full = table.get("full", {})
    if isinstance(full, dict) and full:
        yield "full", dict(flat(full))
    named = table.get("variants", {})
    for name, changes in named.items() if isinstance(named, dict) else ():
        place = f"variants.{name}"
        if not NAME.fullmatch(name.replace("_", "-")):
            yield place, f"variants.{name!r}: a variant's name is small letters, digits, - and _"
        elif not isinstance(changes, dict):
            yield place, f"{place} must be a table of dotted keys, not {changes!r}"
        elif "train.steps" in dict(flat(changes)):
            yield place, f"{place}: variants run side by side and share train.steps"
        else:
            yield place, dict(flat(changes))


def _twin_problems(table: Mapping, *, own_path: bool) -> Iterator[str]:
    """Checks each `[twin.NAME]` as the recipe that it makes, in all variants; what is wrong without it is not told."""
    named = table.get("twin", {})
    base = {key: value for key, value in table.items() if key not in BESIDE}
    variants = base.get("variants", {})
    sound = isinstance(variants, dict) and all(isinstance(changes, dict) for changes in variants.values())
    if not isinstance(named, dict) or not named or not sound:
        return
    if not table.get("expect"):
        yield "twin: no claim could fail on a wrong twin, for there is none. Add [expect], or leave out [twin]"
    known = set(problems(base, own_path=own_path))
    for name, changes in named.items():
        place = f"twin.{name}"
        if not NAME.fullmatch(name.replace("_", "-")):
            yield f"twin.{name!r}: a twin's name is small letters, digits, - and _"
        elif not isinstance(changes, dict) or not changes:
            yield f"{place} must be a table of dotted keys, not {changes!r}"
        else:
            yield from (f"{place}{problem}" for problem in _made_problems(base, dict(flat(changes)), known, own_path))


def _made_problems(base: Mapping, changes: Mapping, known: set[str], own_path: bool) -> Iterator[str]:
    """What is wrong with one twin, each as what follows its place."""
    try:
        unused = [f".{key} {what}" for key, what in twins.unused(base, changes)]
        made = twins.applied(base, changes)
        same = twins.applied(base, {}) == made
    except DltuiError as error:
        yield f": {error}"
        return
    yield from unused
    if same and not unused:
        yield " changes nothing: the recipe has these values already"
    yield from (f": {problem}" for problem in problems(made, own_path=own_path) if problem not in known)
