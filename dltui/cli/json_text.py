"""JSON as commands print it: indented, its texts free of terminal escapes, NaN and infinity as texts, as in a log.

The same as json.dumps(events.cleaned(value), indent=2) writes, which takes four times as long: lists have thousands
of runs, each with all of its settings.
"""

import json
from functools import lru_cache
from json.encoder import encode_basestring as quoted
from math import isfinite, isnan

from dltui.text import clean


def indented(value: object, line: str = "\n") -> str:
    """Returns a value as JSON. line: what each of its lines but the first begins with. Raises TypeError where JSON has
    no such value."""
    if plain := _PLAIN.get(type(value)):
        return plain(value)
    inner = line + "  "
    if isinstance(value, dict):
        told = {
            _key(key): plain(item) if (plain := _PLAIN.get(type(item))) else indented(item, inner)
            for key, item in value.items()
        }  # keys may be the same once they are clean: the last counts
        items = f",{inner}".join([f"{key}: {item}" for key, item in told.items()])
        return f"{{{inner}{items}{line}}}" if told else "{}"
    if isinstance(value, list | tuple):
        items = [indented(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{line}]" if items else "[]"
    for kind in (str, int, float):
        if isinstance(value, kind):  # a kind of it, as the members of an enumeration are
            return _PLAIN[kind](value)
    return json.dumps(value)


def _text(value: str) -> str:
    return quoted(clean(value))


def _number(value: float) -> str:
    if isfinite(value):
        return float.__repr__(value)
    return '"nan"' if isnan(value) else '"inf"' if value > 0 else '"-inf"'


@lru_cache(maxsize=4096)
def _key(key: object) -> str:
    return quoted(clean(str(key)))


_PLAIN = {
    str: _text,
    float: _number,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
}
