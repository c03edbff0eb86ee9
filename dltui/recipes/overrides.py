"""`KEY=VALUE` from the command line, and dotted keys of `[variants]` and `[full]`, laid over a recipe's table."""

import copy
from collections.abc import Iterator, Mapping

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.files import DEEPEST, flat, value_problems

COMMAND_LINE = "on the command line"  # where changes are given


def parse(words: list[str]) -> dict[str, object]:
    """Returns {dotted key: value} for words like `train.steps=100`.

    A value is read as TOML where it is TOML (numbers, true, "text", [lists]) and as plain text where it is not.
    Raises DltuiError (2) for a word without `=` or without a key, and for a number that no recipe can hold.
    """
    given = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key.strip():
            raise DltuiError(
                f'"{word}" is not KEY=VALUE.', "Example: train.steps=200 or optimizer.lr=0.01", ExitStatus.USAGE
            )
        given[key.strip()] = parse_value(text.strip())
    if problems := value_problems(given):
        raise DltuiError("\n".join(problems), "See: dltui show RECIPE", ExitStatus.USAGE)
    return given


def ignored(changes: Mapping[str, object], variants: Mapping[str, Mapping]) -> Iterator[str]:
    """Yields, in words, each of `changes` that has no effect: every variant sets that key itself, or another kind.

    variants: name -> the table of that variant of the changed recipe; {"": table} where there are none.
    """
    resolved = {name: dict(flat(table)) for name, table in variants.items()}
    for key, value in changes.items():
        found = {name: values.get(key) for name, values in resolved.items()}
        section = key.partition(".")[0]
        if "" in found or value in found.values() or section not in next(iter(variants.values())):
            continue
        own = ", ".join(f"{name}: {'none' if was is None else toml_value(was)}" for name, was in found.items())
        change = written(f"variants.{list(found)[-1]}.{key}", value)
        yield f"{written(key, value)} changes nothing: each variant has a {key} of its own ({own}). For one: {change}"


def parse_value(text: str) -> object:
    """Returns the TOML value that `text` is, or `text` itself. Dates and tables are text: no option takes one."""
    import tomli

    try:
        value = tomli.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # also what has more digits than Python reads
        return text
    return value if isinstance(value, int | float | str | list) else text


def written(key: str, value: object) -> str:
    """Returns KEY=VALUE such that `parse` reads the value again: 0.001, true, "3", [64, 32], relu."""
    plain = isinstance(value, str) and parse_value(value.strip()) == value
    return f"{key}={value if plain else toml_value(value)}"


def toml_value(value: object) -> str:
    """Returns a value as a recipe writes it, on one line: true, "text", [64, 32]."""
    import tomli_w

    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")


def applied(table: Mapping, changes: Mapping[str, object]) -> dict:
    """Returns a copy of a recipe's table with each dotted key of `changes` set.

    Naming another kind drops the options that the former kind had, unless `changes` sets them again: they were its
    own. Two stay, since they mean the same for every kind: `from` of data and `lr` of optimizers.
    Raises DltuiError (2) where a key leads through a value, or deeper than a recipe goes.
    """
    changed = copy.deepcopy(dict(table))
    for key, value in sorted(changes.items(), key=lambda item: not item[0].endswith(".kind")):
        *way, last = key.split(".")
        if len(way) > DEEPEST:
            raise DltuiError(f"{key[:60]} ... has more than {DEEPEST} parts.", "Example: train.steps", ExitStatus.USAGE)
        section = changed
        for name in way:
            section = section.setdefault(name, {})
            if not isinstance(section, dict):
                raise DltuiError(
                    f'{key}: "{name}" is a value, not a section.', "See: dltui show RECIPE --toml", ExitStatus.USAGE
                )
        if last == "kind" and section.get("kind") not in (None, value):
            kept = {k: v for k, v in section.items() if k in ("from", "lr")}
            section.clear()
            section.update(kept)
        section[last] = value
    return changed
