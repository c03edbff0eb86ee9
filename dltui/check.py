"""Every problem of a recipe's table, told at once: file, key, what was given, what is valid, what to try next."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dltui import claim, options, overrides
from dltui.errors import DltuiError, did_you_mean
from dltui.recipe_files import flat

SECTIONS = ("task", "data", "model", "optimizer", "schedule", "train", "variants", "full", "expect", "lesson")
TEXTS = ("title", "summary", "refs", "seconds", "place")
KIND = re.compile(r"[a-z][a-z0-9_]*")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
TOPIC = re.compile(r"[a-z0-9_-]*")
LANGUAGES = ("en", "ru")
SOURCES = ("auto", "hub", "builtin")


def roles(table: Mapping, single: str) -> list[tuple[str, Mapping]]:
    """[(role, body)]: one under the name `single` where the table itself names a kind, else one per sub-table."""
    if not table:
        return []
    if "kind" in table or not all(isinstance(body, dict) for body in table.values()):
        return [(single, table)]
    return list(table.items())


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
    task = None
    for section, role, body in _kind_sections(table):
        component, found = _component(section, role, body)
        yield from found
        if component:
            yield from _option_problems(role, body, component)
            task = component if section == "task" else task
    yield from _train_problems(table.get("train", {}))
    if isinstance(table.get("data"), dict):
        yield from _source_problems(table["data"].get("from", "auto"), own_path=own_path)
    if task:
        yield from _data_problems(table, task)
        yield from _role_problems(table, task)
        yield from _expect_problems(table, task)
    yield from _change_problems(table, own_path=own_path)


def _top_problems(table: Mapping) -> Iterator[str]:
    for key in table:
        if key not in SECTIONS + TEXTS:
            yield f'"{key}" is unknown. {did_you_mean(key, SECTIONS + TEXTS)}'
    for key in ("title", "task"):
        if key not in table:
            yield f"{key} is missing. See: dltui show mlp-mnist --toml"
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


def _kind_sections(table: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """(section, dotted place, body) of every section that names a kind."""
    for section in ("task", "data", "model", "optimizer", "schedule"):
        body = table.get(section)
        if not isinstance(body, dict):
            continue
        if section in ("task", "data"):
            yield section, section, body
        else:
            for role, inner in roles(body, ""):
                yield section, f"{section}.{role}" if role else section, inner


def _component(section: str, place: str, body: Mapping) -> tuple[options.Component | None, list[str]]:
    kind = body.get("kind")
    if kind is None:
        return None, [f"{place}.kind is missing. See: dltui kinds {options.FOLDERS[section]}"]
    if not isinstance(kind, str) or not KIND.fullmatch(kind):
        folder = options.FOLDERS[section]
        return None, [
            f"{place}.kind {kind!r} is not the name of a kind: small letters, digits and _. See: dltui kinds {folder}"
        ]
    try:
        return options.find(section, kind), []
    except DltuiError as error:
        return None, [f"{place}.{error}"]


def _option_problems(place: str, body: Mapping, component: options.Component) -> Iterator[str]:
    for key, value in body.items():
        if key == "kind" or (key == "from" and place == "data"):
            continue
        if key not in component.options:
            yield f'{place}.{key} is unknown for kind "{component.kind}". {did_you_mean(key, component.options)}'
            continue
        wrong = component.options[key].problem(value)
        if wrong:
            yield f"{place}.{key} {wrong}"
        elif _leaves(value):
            yield f"{place}.{key} {value!r} leads outside: only data.from, in your own file, may be a path"


def _leaves(value: object) -> bool:
    if isinstance(value, list):
        return any(_leaves(item) for item in value)
    return isinstance(value, str) and (value.startswith(("/", "~")) or ".." in Path(value).parts)


def _train_problems(body: object) -> Iterator[str]:
    if isinstance(body, dict):
        yield from _option_problems("train", body, options.train())


def _source_problems(source: object, *, own_path: bool) -> Iterator[str]:
    if not isinstance(source, str) or not source:
        yield f"data.from must be auto, hub, builtin or a path, not {source!r}"
    elif source not in SOURCES and not own_path:
        yield (
            f'data.from "{source}" is a path, which only your own recipe file or the command line may name: '
            f"dltui run NAME --data {source}"
        )


def _data_problems(table: Mapping, task: options.Component) -> Iterator[str]:
    if task.constants.get("NEEDS_DATA", True):
        if "data" not in table:
            yield "data is missing. See: dltui kinds data"
    elif "data" in table:
        yield f'[data] is not used by task "{task.kind}"'


def _role_problems(table: Mapping, task: options.Component) -> Iterator[str]:
    wanted = tuple(task.constants.get("MODELS", ("model",)))
    model = table.get("model", {})
    given = [role for role, _ in roles(model, "model")] if isinstance(model, dict) else []
    for role in wanted:
        if role not in given:
            key = "[model]" if role == "model" else f"[model.{role}]"
            yield f'{key} is missing: task "{task.kind}" trains {" and ".join(wanted)}'
    for role in given:
        if role not in wanted:
            yield f'model.{role} is not used by task "{task.kind}". {did_you_mean(role, wanted)}'
    trained = task.constants.get("TRAINED", wanted)
    optimizer = table.get("optimizer")
    if trained and optimizer is None:
        yield f'[optimizer] is missing: task "{task.kind}" trains by gradients'
    if not trained and optimizer is not None:
        yield f'[optimizer] is not used by task "{task.kind}"'
    if trained and isinstance(optimizer, dict):
        own = [role for role, _ in roles(optimizer, "")]
        if "" not in own:
            yield from (f"[optimizer.{role}] is missing" for role in trained if role not in own)
            strange = [role for role in own if role not in trained]
            yield from (f"optimizer.{role} trains nothing. {did_you_mean(role, trained)}" for role in strange)
    yield from _schedule_problems(table, task, trained)


def _schedule_problems(table: Mapping, task: options.Component, trained: tuple[str, ...]) -> Iterator[str]:
    schedule = table.get("schedule")
    if not isinstance(schedule, dict):
        return
    if not trained:
        yield f'[schedule] is not used by task "{task.kind}"'
        return
    strange = [role for role, _ in roles(schedule, "") if role not in ("", *trained)]
    yield from (f"schedule.{role} moves nothing. {did_you_mean(role, trained)}" for role in strange)


def _expect_problems(table: Mapping, task: options.Component) -> Iterator[str]:
    metrics = set(task.constants.get("METRICS", {})) | _rates(table, task)
    named = table.get("variants", {})
    series = set(named) if isinstance(named, dict) else set()
    expect = table.get("expect", {})
    for key, want in flat(expect) if isinstance(expect, dict) else ():
        name = key.removeprefix("hub.")
        try:
            parsed = claim.parse(name, want)
        except ValueError as error:
            yield f"expect.{key} {error}"
            continue
        for value in filter(None, (name, parsed.other)):
            metric = claim.metric_of(value)
            before = value.rpartition(f".{metric}")[0]
            if metric not in metrics:
                yield f'expect.{key}: task "{task.kind}" has no value "{metric}". {did_you_mean(metric, metrics)}'
            elif series and before not in series:
                yield f"expect.{key}: {value} must begin with a variant. {did_you_mean(before or value, series)}"
            elif before and not series:
                yield f'expect.{key}: {value} begins with "{before}", but there are no variants'


def _rates(table: Mapping, task: options.Component) -> set[str]:
    """The learning rates that a scheduled run logs beside its metrics."""
    trained = task.constants.get("TRAINED", task.constants.get("MODELS", ("model",)))
    if "schedule" not in table:
        return set()
    return {"lr"} if len(trained) == 1 else {f"{role}_lr" for role in trained}


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
    base = {key: value for key, value in table.items() if key not in ("variants", "full", "expect")}
    known = set(problems(base, own_path=own_path))
    try:
        made = overrides.applied(base, changes)
    except DltuiError as error:
        yield f"{place}: {error}"
        return
    yield from (f"{place}: {problem}" for problem in problems(made, own_path=own_path) if problem not in known)
