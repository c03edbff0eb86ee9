"""What a run was told to do: every option of its parts, by its dotted key, with the defaults that it left alone."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from dltui.errors import DltuiError
from dltui.recipes import files, keys, overrides, parts, schema
from dltui.runs.run import Run

SECTIONS = (*schema.FOLDERS, "train", "variants")  # of a recipe: what stands in others is no setting


class Given(NamedTuple):
    """What the recipe of a run says itself, the defaults left out."""

    values: Mapping[str, object]  # by dotted key, and `variants.NAME.KEY`
    kinds: tuple[tuple[str, str, str], ...]  # (section, dotted place, kind) of its parts


def read(run: Run) -> Given | None:
    """Returns what a run's recipe says; None where it cannot be read."""
    try:
        table = files.read_table(run.recipe_file)
    except DltuiError:
        return None
    told = {name: body for name, body in table.items() if isinstance(body, dict) and name in SECTIONS}
    kinds = ((section, place, str(body.get("kind"))) for section, place, body in parts.kind_sections(table))
    return Given(dict(files.flat(told)), tuple(kinds))


def every(told: Given | None) -> dict[str, object]:
    """Returns dotted key -> value, and `variants.NAME.KEY` -> value of what a variant sets."""
    if told is None:
        return {}
    found = {key: told.values.get(key, default) for key, default in _defaults(told.kinds).items()}
    return found | {key: value for key, value in told.values.items() if key.startswith(("data.from", "variants."))}


def values_of(told: Given | None, key: str) -> list[object]:
    """Returns the values of one key: one, or that of each variant; [] where the run has none of this name."""
    if told is None:
        return []
    given, defaults = told.values, _defaults(told.kinds)
    has = key in defaults or (key in given and key.startswith("data.from"))
    plain = given.get(key, defaults.get(key)) if has else None
    names = dict.fromkeys(other.split(".")[1] for other in given if other.startswith("variants."))
    if not names:
        return [plain] if has else []
    own = [f"variants.{name}.{key}" for name in names]
    return [given.get(name, plain) for name in own] if has or not given.keys().isdisjoint(own) else []


def keys_of(told: Given | None) -> set[str]:
    """Returns every key that `values_of` has values for."""
    if told is None:
        return set()
    given = (key for key in told.values if key.startswith("data.from"))
    changed = (key.split(".", 2)[2] for key in told.values if key.startswith("variants.") and key.count(".") > 1)
    return {*_defaults(told.kinds), *given, *changed}


@lru_cache(maxsize=1024)
def _defaults(kinds: Iterable[tuple[str, str, str]]) -> dict[str, object]:
    """The default of each option of these parts, by its dotted key; None for a `kind`."""
    return {key: option.default if option else None for key, option in keys.options_of(kinds)}


def as_text(value: object) -> str:
    """Returns a value as a filter compares it: without spaces, in small letters, lists as [16,16]."""
    return overrides.toml_value(value).strip('"').replace(" ", "").casefold() if value is not None else "none"
