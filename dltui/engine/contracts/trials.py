"""What a search among settings trains: another recipe, again and again. The runner makes it, as `Context.trials`."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from dltui.recipes.recipe import Recipe
from dltui.search.space import Space


class Trial(NamedTuple):
    """What a trial gave: the metrics of its task, NaN where it diverged, how many weights were trained, how long."""

    metrics: dict[str, float]
    params: int
    seconds: float


class Trials(Protocol):
    """A recipe, or one of its variants, that is trained with settings laid over it, on the same rows and seed."""

    recipe: Recipe

    def check(self, spaces: Sequence[Space]) -> None:
        """Raises DltuiError (2) where the recipe takes a value of a space with none of the kinds to choose from."""

    def taken(self, settings: dict[str, object]) -> dict[str, object]:
        """The settings that mean something: not those of kinds that the others chose against."""

    def run(self, settings: dict[str, object]) -> Trial:
        """Trains once. The search's own random numbers go on as if nothing had been."""
