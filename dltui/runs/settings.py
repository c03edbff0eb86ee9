"""What a run was told to do: every option of its parts, by its dotted key, with the defaults that it left alone."""

import os
from collections.abc import Iterable
from functools import lru_cache

from dltui import regular_file
from dltui.errors import DltuiError
from dltui.recipes import files, keys, overrides
from dltui.runs import sections
from dltui.runs.run import Run
from dltui.runs.sections import Given as Given

NO_DEFAULT = ("data.from", "hparams.")  # how keys begin that no kind has among its options


def read(run: Run) -> Given | None:
    """Returns what a run's recipe says; None where it cannot be read."""
    return read_written(run)[0]


def read_written(run: Run, found: os.stat_result | None = None) -> tuple[Given | None, bytes]:
    """Returns that, and the same as JSON, b"" where there is none. found: what the system told of its file, if it was
    asked before."""
    try:
        told = sections.of_text(regular_file.read(f"{run.path}/recipe.toml", files.LARGEST, found))
        return told or (sections.of_table(files.read_table(run.recipe_file)), b"")
    except (DltuiError, OSError):
        return None, b""


def every(told: Given | None) -> dict[str, object]:
    """Returns dotted key -> value, and `variants.NAME.KEY` -> value of what a variant sets."""
    if told is None:
        return {}
    found = {key: told.values.get(key, default) for key, default in _defaults(told.kinds).items()}
    return found | {key: value for key, value in told.values.items() if key.startswith((*NO_DEFAULT, "variants."))}


def values_of(told: Given | None, key: str) -> list[object]:
    """Returns the values of one key: one, or that of each variant; [] where the run has none of this name."""
    if told is None:
        return []
    given, defaults = told.values, _defaults(told.kinds)
    has = key in defaults or (key in given and key.startswith(NO_DEFAULT))
    plain = given.get(key, defaults.get(key)) if has else None
    changed = [other for other in given if other.startswith("variants.")]
    if not changed:
        return [plain] if has else []
    names = dict.fromkeys([other.split(".")[1] for other in changed])
    own = [f"variants.{name}.{key}" for name in names]
    return [given.get(name, plain) for name in own] if has or not given.keys().isdisjoint(own) else []


def keys_of(told: Given | None) -> set[str]:
    """Returns every key that `values_of` has values for."""
    if told is None:
        return set()
    given = (key for key in told.values if key.startswith(NO_DEFAULT))
    changed = (key.split(".", 2)[2] for key in told.values if key.startswith("variants.") and key.count(".") > 1)
    return {*_defaults(told.kinds), *given, *changed}


@lru_cache(maxsize=1024)
def _defaults(kinds: Iterable[tuple[str, str, str]]) -> dict[str, object]:
    """The default of each option of these parts, by its dotted key; None for a `kind`."""
    return {key: option.default if option else None for key, option in keys.options_of(kinds)}


def as_text(value: object) -> str:
    """Returns a value as a filter compares it: without spaces, in small letters, lists as [16,16]."""
    return overrides.toml_value(value).strip('"').replace(" ", "").casefold() if value is not None else "none"
