"""Settings that depend on each other: a kind that is chosen has options of its own, and the other kinds' mean nothing.

Of a grid's combinations a tree keeps one of those that mean the same.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple, Self, TypeVar

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.overrides import parse_value
from dltui.recipes.schema import find
from dltui.search.grid import Grid
from dltui.search.space import Space

MOST = 100_000  # combinations of a grid whose meanings are compared
MOST_KINDS = 1000  # combinations of kinds, for each of which a recipe is checked
KIND = ".kind"
T = TypeVar("T")


class Tree(NamedTuple):
    """What has the same meaning as an earlier combination of the grid is left out; in a batch goes none."""

    spaces: tuple[Space, ...]
    combinations: tuple[Mapping[str, object], ...]  # each with the keys alone that mean something in it

    @classmethod
    @cache
    def over(cls, spaces: tuple[Space, ...]) -> Self:
        """The tree over spaces with an end. Raises DltuiError (2) where they have too many combinations."""
        grid = Grid.over(spaces)
        if grid.count > MOST:
            message = f"A tree compares the meanings of all combinations: {grid.count:,} are more than {MOST:,}."
            raise DltuiError(message, "Name fewer values, or take --sampler grid.", ExitStatus.USAGE)
        kept: dict[str, Mapping[str, object]] = {}
        for place in range(grid.count):
            values = taken(grid.at(place))
            kept.setdefault(repr(values), values)
        return cls(grid.spaces, tuple(kept.values()))

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return len(self.combinations)

    @property
    def row(self) -> int:
        """How many in a row can be of one batch: none is known to be like its neighbour."""
        return 1

    def at(self, place: int) -> dict[str, object]:
        """The combination at a place, from 0 to `count` - 1, each value as Optuna keeps it."""
        return dict(self.combinations[place])


def taken(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings that mean something: not the options that the kinds among them do not have."""
    kinds = {key.removesuffix(KIND): value for key, value in settings.items() if key.endswith(KIND)}
    found = {}
    for key, value in settings.items():
        part, _, name = key.rpartition(".")
        if name == "kind" or part not in kinds or name in find(_section(part), _kind(kinds[part])).options:
            found[key] = value
    return found


def _section(part: str) -> str:
    """The section of kinds that `optimizer`, `probe.linear` or `variants.small.model` is of."""
    names = part.split(".")
    return names[2] if names[0] == "variants" else names[0]


def _kind(value: object) -> str:
    """A kind's name, from a choice as it was written."""
    return str(parse_value(value) if isinstance(value, str) else value)


def kinds(spaces: Sequence[Space], where: str) -> list[dict[str, object]]:
    """Every combination of the kinds to choose from. Raises DltuiError (2) for too many, found at `where`."""
    of = [space for space in spaces if space.key.endswith(KIND) and space.choices]
    if (count := math.prod(len(space.choices) for space in of)) > MOST_KINDS:
        reason = f"{where}: {count:,} combinations of kinds; at most {MOST_KINDS:,} can be checked."
        raise DltuiError(reason, "Name fewer kinds to choose from.", ExitStatus.USAGE)
    return [dict(zip((s.key for s in of), values, strict=True)) for values in product(*(s.ends for s in of))]


def first_valid(chosen: list[dict[str, object]], settings: Mapping[str, object], load: Callable[[dict], T]) -> T:
    """What `load` makes of settings with the first of the kinds with which they are valid.

    Raises the first one's DltuiError where there is none.
    """
    fault = None
    for of in chosen:
        try:
            return load({**of, **settings})
        except DltuiError as error:
            fault = fault or error
    raise fault
