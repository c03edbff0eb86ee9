"""Every combination of the values of some spaces, counted and never listed: there may be more than a memory holds."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple, Self

from dltui.search.batching import is_free
from dltui.search.space import Space


class Grid(NamedTuple):
    """The combinations, in an order that is the same however the spaces were given."""

    spaces: tuple[Space, ...]  # those that trials of one batch may differ in stand last: they change the fastest

    @classmethod
    def over(cls, spaces: Sequence[Space]) -> Self:
        """The grid over spaces with an end."""
        return cls(tuple(sorted(spaces, key=lambda space: (is_free(space.key), space.key))))

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return prod(space.count for space in self.spaces)

    @property
    def row(self) -> int:
        """How many in a row, from a multiple of it on, can be of one batch."""
        return prod(space.count for space in self.spaces if is_free(space.key))

    def at(self, place: int) -> dict[str, object]:
        """The combination at a place, from 0 to `count` - 1, each value as Optuna keeps it."""
        values = {}
        for space in reversed(self.spaces):
            place, which = divmod(place, space.count)
            values[space.key] = space.at(which)
        return values
