"""What each kind of event, and run.json, holds: fields with their types, and what stands for one that may be missing.

Whoever reads an event leans on this: no field that is named here is of another type, arrays that belong together have
one length, and no whole number is too large for a float to hold. A kind of a later version is told by its name only.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from dltui.errors import ExitStatus
from dltui.runs import payloads

LARGEST = 1 << 53  # whole numbers up to it are exact as floats
LONGEST_TIME = 1e12  # seconds
NOT_FINITE = ("nan", "inf", "-inf")
EXITS = {"done": 0, "stopped": 130, "failed": 1, "diverged": 5}  # status of `finished` -> exit where it is not told
NEEDED, OMITTED = object(), object()  # in place of a default: the field must be there; it may be left out


class Field(NamedTuple):
    """holds: whether a value is of the field's type. default: what stands for it where it is missing."""

    holds: Callable[[object], bool]
    default: object = NEEDED


def _is(*kinds: type) -> Callable[[object], bool]:
    (kind,) = kinds if len(kinds) == 1 else (None,)
    return (lambda value: type(value) is kind) if kind else (lambda value: type(value) in kinds)


def _whole(value: object) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _seconds(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < LONGEST_TIME


def _number(value: object) -> bool:
    """A number as a float, NaN and infinity by name; a whole one that a float can hold."""
    return type(value) is float or (type(value) is int and abs(value) < LARGEST**8) or value in NOT_FINITE


def _either(one: Callable[[object], bool], other: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: one(value) or other(value)


def _list_of(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: type(value) is list and all(map(check, value))


def _values_of(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: type(value) is dict and all(map(check, value.values()))


def _table(**fields: Field) -> Callable[[object], bool]:
    """A table with these fields, or more."""
    return lambda value: type(value) is dict and not _wrong(value, fields)


def _one_of(*words: object) -> Callable[[object], bool]:
    return lambda value: type(value) in (str, int) and value in words


def _setting(value: object, depth: int = 8) -> bool:
    """A value that a recipe can have: TOML knows no null."""
    if type(value) is list:
        return depth > 0 and all(_setting(item, depth - 1) for item in value)
    if type(value) is dict:
        return depth > 0 and all(_setting(item, depth - 1) for item in value.values())
    return type(value) in (str, bool) or _number(value)


_text, _flag, _none = _is(str), _is(bool), _is(type(None))
_limit = _either(_none, _number)
METRIC = _table(
    meaning=Field(_text, OMITTED),
    better=Field(_one_of("", "lower", "higher"), OMITTED),
    range=Field(lambda value: type(value) is list and len(value) == 2 and all(map(_limit, value)), OMITTED),
    unit=Field(_text, OMITTED),
    progress=Field(_flag, OMITTED),
    axis=Field(_text, OMITTED),
    side=Field(_flag, OMITTED),
)
DATA = _table(
    kind=Field(_text, OMITTED),
    rows=Field(_whole, OMITTED),
    detail=Field(_text, OMITTED),
    **{"from": Field(_text, OMITTED)},
)
CLAIM = _table(
    name=Field(_text),
    want=Field(_text),
    got=Field(_limit),
    ok=Field(_flag),
)
OF_EVERY = {"seq": Field(_whole), "t": Field(_seconds), "kind": Field(_text)}
FIELDS: dict[str, dict[str, Field]] = {
    "started": {
        "step": Field(_whole),
        "steps": Field(_whole),
        "series": Field(_list_of(_text), [""]),
        "device": Field(_text, ""),
        "precision": Field(_text, ""),
        "params": Field(_whole, OMITTED),
        "least_params": Field(_whole, OMITTED),
        "knobs": Field(_is(dict), {}),
        "data": Field(DATA, {}),
        "metrics": Field(_values_of(METRIC), {}),
        "files": Field(_values_of(_text), OMITTED),
    },
    "scalars": {
        "series": Field(_text),
        "step": Field(_is(list)),
        "values": Field(_is(dict)),
        "machine": Field(_flag, OMITTED),
    },
    "frame": {"series": Field(_text), "step": Field(_whole), "pane": Field(_text), "payload": Field(_is(dict))},
    "note": {
        "level": Field(_text, "info"),
        "text": Field(_text),
        "id": Field(_text, OMITTED),
        "files": Field(_values_of(_text), OMITTED),
    },
    "control": {"op": Field(_text), "step": Field(_whole), "key": Field(_text, OMITTED), "id": Field(_text, OMITTED)},
    "guess": {"answer": Field(_text), "value": Field(_either(_number, _text)), "language": Field(_text, "en")},
    "checkpoint": {"step": Field(_whole), "file": Field(_text, ""), "sha256": Field(_text, "")},
    "finished": {
        "status": Field(_one_of(*EXITS)),
        "exit": Field(_one_of(*ExitStatus), OMITTED),
        "step": Field(_whole, OMITTED),
        "steps": Field(_whole, OMITTED),
        "summary": Field(_values_of(_number), {}),
        "expect": Field(_list_of(CLAIM), []),
        "seconds": Field(_seconds, 0.0),
        "error": Field(_either(_none, _text), ""),
        "hint": Field(_text, ""),
        "diverged": Field(_values_of(_text), OMITTED),
    },
}
RECORD = {
    "recipe": Field(_text, OMITTED),
    "created": Field(_seconds, OMITTED),
    "overrides": Field(_values_of(_setting), {}),
    "data": Field(_text, OMITTED),
    "commit": Field(_text, OMITTED),
    "device": Field(_text, OMITTED),
    "threads": Field(_whole, OMITTED),
    "processes": Field(_whole, OMITTED),
    "precision": Field(_text, OMITTED),
    "full": Field(_flag, OMITTED),
    "as_one": Field(_flag, OMITTED),
    "steps": Field(_whole, 0),
    "argv": Field(_list_of(_text), []),
    "imported": Field(_text, OMITTED),
    "kinds": Field(_list_of(_table(file=Field(_text), sha256=Field(_text))), OMITTED),
    "versions": Field(_values_of(_text), {}),
}  # of run.json


def checked(event: object) -> dict:
    """Returns an event, what may be missing filled in. Raises ValueError, in words, where a field is not as it must be.

    A kind that this version does not know must have what every event has, and is else as it came.
    """
    if type(event) is not dict:
        raise ValueError(f"an event is a table, not a {type(event).__name__}")
    kind = event.get("kind")
    wrong = _wrong(event, _ALL_FIELDS.get(kind, OF_EVERY) if type(kind) is str else OF_EVERY)
    if wrong:
        raise ValueError(wrong)
    _fill(event, _DEFAULTS.get(kind, ()))
    if kind == "scalars":
        _check_curves(event["step"], event["values"])
    elif kind == "frame":
        _check_payload(event["payload"])
    elif kind == "finished":
        event.setdefault("exit", EXITS[event["status"]])
    return event


def record(told: object) -> dict:
    """Returns what run.json tells, each field that is not as it must be left out or, where it has one, its default."""
    told = told if type(told) is dict else {}
    found = {name: value for name, value in told.items() if name not in RECORD or RECORD[name].holds(value)}
    _fill(found, _DEFAULTS_OF_RECORD)
    return found


def _defaults(fields: Mapping[str, Field]) -> list[tuple[str, object]]:
    """(name, value) of what stands for a field where it is missing; none for a field that must be there."""
    return [(name, field.default) for name, field in fields.items() if field.default not in (NEEDED, OMITTED)]


def _fill(table: dict, defaults: Iterable[tuple[str, object]]) -> None:
    for name, default in defaults:
        if name not in table:
            table[name] = default.copy() if type(default) in (list, dict) else default


def _wrong(table: Mapping, fields: Mapping[str, Field]) -> str:
    """What is wrong with the first field that is not as it must be, "" where all are."""
    for name, (holds, default) in fields.items():
        if name in table:
            if not holds(table[name]):
                return f"{name} cannot be {str(table[name])[:40]}"
        elif default is NEEDED:
            return f"{name} is missing"
    return ""


def _check_curves(steps: list, values: dict) -> None:
    """Steps are whole numbers that do not fall, and every metric has a number a step.

    A sum is whole where all of its parts are, and a float where all are numbers: no faster way looks at each of them.
    """
    try:
        rising = bool(steps) and type(sum(steps)) is int and (len(steps) == 1 or sorted(steps) == steps)
    except TypeError:
        rising = False
    if not rising or steps[0] < 0 or steps[-1] >= LARGEST:
        raise ValueError("step is not a list of whole numbers that rise from 0 on")
    for name, column in values.items():
        if type(column) is not list or len(column) != len(steps) or not _all_numbers(column):
            raise ValueError(f"{name[:40]} is not a number for each of the {len(steps)} steps")


def _all_numbers(column: list) -> bool:
    try:
        if type(sum(column)) is float:
            return True
    except (TypeError, OverflowError):
        pass  # NaN and infinity by name, whole numbers beyond all floats, or what is no number
    return all(map(_number, column))


def _check_payload(payload: dict) -> None:
    try:
        payloads.check_logged(payload)
    except TypeError as error:
        raise ValueError(str(error)) from None


_ALL_FIELDS = {kind: {**OF_EVERY, **fields} for kind, fields in FIELDS.items()}
_DEFAULTS = {kind: _defaults(fields) for kind, fields in FIELDS.items()}
_DEFAULTS_OF_RECORD = _defaults(RECORD)
