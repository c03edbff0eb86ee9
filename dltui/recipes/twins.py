"""Wrong twins: `[twin.NAME]` is a recipe's mechanism spoilt by changed options; at least one claim must fail on it."""

from collections.abc import Iterator, Mapping

from dltui.errors import did_you_mean
from dltui.recipes import check_parts, overrides, parts, schema
from dltui.recipes.files import flat

OF_A_VARIANT = "variants."  # begins the keys that are meant for one variant: "variants.relu.model.depth"
SECTIONS = (*parts.SINGLE, *parts.BY_ROLE, *parts.BY_NAME, "train")


def of(table: Mapping) -> dict[str, dict[str, object]]:
    """Returns name -> dotted keys of every `[twin.NAME]` of a checked recipe's table."""
    return {name: dict(flat(changes)) for name, changes in table.get("twin", {}).items()}


def applied(table: Mapping, changes: Mapping[str, object]) -> dict:
    """Returns the table of the recipe that a twin's changes make: in every variant they stand last.

    A variant whose part has no such option keeps what it had: it is not concerned.
    Raises DltuiError (2) where a key leads through a value.
    """
    table = {key: value for key, value in table.items() if key != "twin"}
    variants = {name: dict(flat(was)) for name, was in table.pop("variants", {}).items()}
    if not variants:
        return overrides.applied(table, _wanted(changes, ""))
    base = overrides.applied(table, _taken(table, _wanted(changes, "")))
    return {**base, "variants": {name: _variant(table, base, was, changes, name) for name, was in variants.items()}}


def unused(table: Mapping, changes: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of the changes that no recipe takes, or none of this recipe's variants."""
    variants = {name: overrides.applied(table, dict(flat(was))) for name, was in table.get("variants", {}).items()}
    taken = {key for name, made in variants.items() for key in _taken(made, _wanted(changes, name))}
    for key in changes:
        name, _, inner = key.removeprefix(OF_A_VARIANT).partition(".")
        wanted = inner if key.startswith(OF_A_VARIANT) else key
        if key.startswith(OF_A_VARIANT) and name not in variants:
            yield key, f"names no variant: there is no {name!r}. {did_you_mean(name, variants)}"
        elif wanted.partition(".")[0] not in SECTIONS or wanted == "data.from":
            yield key, "is no option of a part: a twin changes what is run, not what is claimed or where rows are from"
        elif variants and wanted not in taken:
            yield key, "is an option of no variant's parts"


def _wanted(changes: Mapping[str, object], name: str) -> dict[str, object]:
    """The changes that are meant for all variants, and those for the variant `name` alone."""
    start = f"{OF_A_VARIANT}{name}."
    shared = {key: value for key, value in changes.items() if not key.startswith(OF_A_VARIANT)}
    return shared | {key.removeprefix(start): value for key, value in changes.items() if key.startswith(start)}


def _variant(table: Mapping, base: Mapping, was: dict, changes: Mapping[str, object], name: str) -> dict[str, object]:
    """What a variant changes of `base` once the twin's changes stand last; `table` is what `base` was before them."""
    before = overrides.applied(table, was)
    wanted = _taken(before, _wanted(changes, name))
    other = [key for key, kind in wanted.items() if key.endswith(".kind") and _at(before, key) != kind]
    former = tuple(key.removesuffix("kind") for key in other)  # where options were another kind's
    kept = {key: value for key, value in was.items() if not key.startswith(former)}
    made = overrides.applied(base, kept)
    return kept | {key: value for key, value in wanted.items() if _at(made, key) != value}


def _taken(table: Mapping, changes: Mapping[str, object]) -> dict[str, object]:
    """Those of `changes` whose part is there and has the option; a kind may always be named."""
    kinds = {key: value for key, value in changes.items() if key.endswith(".kind")}
    made = overrides.applied(table, kinds)
    return kinds | {key: value for key, value in changes.items() if key not in kinds and _has(made, key)}


def _has(table: Mapping, key: str) -> bool:
    place, _, option = key.rpartition(".")
    if place == "train":
        return option in schema.train().options
    body = _at(table, place)
    if not isinstance(body, dict) or "kind" not in body:
        return False
    component, _ = check_parts.component(place.partition(".")[0], place, body)
    return component is not None and option in component.options


def _at(table: Mapping, place: str) -> object:
    """The value at a dotted place, None where there is none."""
    found: object = table
    for name in place.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
