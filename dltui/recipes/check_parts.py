"""The problems of the parts that a recipe names: unknown kinds, wrong options, and parts that do not fit together."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dltui.errors import DltuiError, did_you_mean
from dltui.recipes import keys, kind_files, parts, renamed, schema

OPTIONAL = ("loss", "regularizer", "augment")  # sections that a task uses where its PARTS name them


def component(section: str, place: str, body: Mapping) -> tuple[schema.Component | None, list[str]]:
    """Returns the part that a section names, or None and what is wrong."""
    kind, folder = body.get("kind"), schema.FOLDERS[section]
    if kind is None:
        return None, [f"{place}.kind is missing. See: dltui kinds {folder}"]
    if not isinstance(kind, str) or not kind_files.NAME.fullmatch(kind):
        return None, [
            f"{place}.kind {kind!r} is not the name of a kind: small letters, digits and _. See: dltui kinds {folder}"
        ]
    try:
        return schema.find(section, kind), []
    except DltuiError as error:
        return None, [f"{place}.{error}" if error.message.startswith("kind ") else f"{place}: {error}"]


def option_problems(place: str, body: object, of: schema.Component, table: Mapping) -> Iterator[str]:
    """The problems of the options that a section gives to its part. table: the recipe's, where a key may be meant."""
    for key, value in body.items() if isinstance(body, Mapping) else ():
        if key == "kind" or (key == "from" and place == "data"):
            continue
        if key not in of.options:
            near = renamed.option(place.partition(".")[0], of.kind, key)
            near = near or f'is unknown for kind "{of.kind}". {keys.suggestion(key, of.options, table)}'
            yield f"{place}.{key} {near}"
            continue
        wrong = of.options[key].problem(value)
        if wrong:
            yield f"{place}.{key} {wrong}"
        elif _leaves(value):
            yield f"{place}.{key} {value!r} leads outside: only data.from, in your own file, may be a path"


def _leaves(value: object) -> bool:
    if isinstance(value, list):
        return any(_leaves(item) for item in value)
    return isinstance(value, str) and (value.startswith(("/", "~")) or ".." in Path(value).parts)


def fit_problems(table: Mapping, subject: schema.Component, found: Mapping[str, schema.Component]) -> Iterator[str]:
    """What the subject (the recipe's task or algorithm) needs and has not, or has and does not use."""
    named = f'{parts.subject_of(table)} "{subject.kind}"'
    yield from _data_problems(table, subject, named)
    yield from _model_problems(table, subject, named)
    yield from _optimizer_problems(table, trained(subject), named)
    yield from _schedule_problems(table, trained(subject), named)
    for section in OPTIONAL:
        if section in table and section not in subject.constants.get("PARTS", ()):
            yield f"[{section}] is not used by {named}"
    for place, part in found.items():
        tasks = part.constants.get("TASKS", (subject.kind,))
        if subject.kind not in tasks:
            yield f'{place}.kind "{part.kind}" is for task {" or ".join(tasks)}, not for {named}'
        beside = place.partition(".")[0] in parts.BY_NAME
        if beside and (same := [name for name in part.metrics if name in subject.metrics]):
            yield f'{place}.kind "{part.kind}" measures {", ".join(same)}, as {named} does. Rename it in its METRICS'
    for section in parts.BY_NAME:
        if section in table and parts.subject_of(table) == "algorithm":
            yield f"[{section}] is not used by {named}"
    if "comparison" in table and not table.get("variants"):
        yield "[comparison] compares variants, and there are none. Add [variants], or leave it out"


def trained(subject: schema.Component) -> tuple[str, ...]:
    """The roles of a subject's nets that an optimizer moves; none for an algorithm."""
    constants = subject.constants
    return tuple(constants.get("TRAINED", models(subject)))


def models(subject: schema.Component) -> tuple[str, ...]:
    """The roles of a subject's nets."""
    default = () if subject.section == "algorithm" else ("model",)
    return tuple(subject.constants.get("MODELS", default))


def _data_problems(table: Mapping, subject: schema.Component, named: str) -> Iterator[str]:
    if subject.constants.get("NEEDS_DATA", True):
        if "data" not in table:
            yield "data is missing. See: dltui kinds data"
    elif "data" in table:
        yield f"[data] is not used by {named}"


def _model_problems(table: Mapping, subject: schema.Component, named: str) -> Iterator[str]:
    wanted, model = models(subject), table.get("model", {})
    given = [role for role, _ in parts.roles(model, "model")] if isinstance(model, dict) else []
    for role in wanted:
        if role not in given:
            key = "[model]" if role == "model" else f"[model.{role}]"
            yield f"{key} is missing: {named} trains {' and '.join(wanted)}"
    for role in given:
        if role not in wanted:
            yield f"model.{role} is not used by {named}. {did_you_mean(role, wanted)}"


def _optimizer_problems(table: Mapping, roles: tuple[str, ...], named: str) -> Iterator[str]:
    optimizer = table.get("optimizer")
    if roles and optimizer is None:
        yield f"[optimizer] is missing: {named} trains by gradients"
    if not roles and optimizer is not None:
        yield f"[optimizer] is not used by {named}"
    if roles and isinstance(optimizer, dict):
        own = [role for role, _ in parts.roles(optimizer, "")]
        if "" not in own:
            yield from (f"[optimizer.{role}] is missing" for role in roles if role not in own)
            strange = [role for role in own if role not in roles]
            yield from (f"optimizer.{role} trains nothing. {did_you_mean(role, roles)}" for role in strange)


def _schedule_problems(table: Mapping, trained: tuple[str, ...], named: str) -> Iterator[str]:
    schedule = table.get("schedule")
    if not isinstance(schedule, dict):
        return
    if not trained:
        yield f"[schedule] is not used by {named}"
        return
    strange = [role for role, _ in parts.roles(schedule, "") if role not in ("", *trained)]
    yield from (f"schedule.{role} moves nothing. {did_you_mean(role, trained)}" for role in strange)
