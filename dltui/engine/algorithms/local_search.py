"""Hill climbing and simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983), from many starts on two known surfaces.

Each trial changes both settings a little, and the search goes on from there if the score is no worse; annealing, with
probability exp(-d / T), also where it is worse by d. T falls as the trials go by.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.contour import Surface, contour
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.search.proposers import Point, accepts, anywhere, nearby, temperature

NEEDS_DATA = False
ACROSS, DOWN = 5, 4  # cells of the map, a start in each
STARTS = ACROSS * DOWN
Height = Callable[[Tensor], Tensor]  # points (..., 2) -> (...)
METRICS = {
    "excess": Metric(
        "height of the best trial above the minimum of the surface with one valley, median over the starts",
        better="lower",
        log=True,
    ),
    "deeper": Metric("searches that stand in the deeper of two valleys", better="higher", range=(0, 20), whole=True),
    "nearer": Metric("searches that stand in the valley that they started in, of two", range=(0, 20), whole=True),
    "worsened": Metric("moves to a worse place than the one before, of all searches", whole=True, unit="moves"),
    "apart": Metric(
        "trials after which a search stands elsewhere than hill climbing with the same random numbers",
        whole=True,
        unit="trials",
    ),
}
DEEP, WIDE = (0.88, 0.83), (0.38, 0.42)  # where the two valleys are deepest
TITLES = ("setting 1", "setting 2")
LEAST = 1e-7  # heights are drawn down to here


def valleys(p: Tensor) -> tuple[Tensor, Tensor]:
    """p (..., 2) -> how far the narrow, deeper valley and the wide one pull the plain down there, (...) each."""
    deep, wide = (((p - p.new_tensor(at)) ** 2).sum(-1) for at in (DEEP, WIDE))
    return torch.exp(-deep / 0.025), 0.42 * torch.exp(-wide / 0.2)


SURFACES = {
    "two valleys": Surface(lambda p: 1 - sum(valleys(p)), (0, 1), (0, 1), [DEEP, WIDE], TITLES),
    "one valley": Surface(lambda p: ((p - p.new_tensor(DEEP)) ** 2).sum(-1), (0, 1), (0, 1), [DEEP], TITLES),
}


def build(
    *,
    propose: Literal["nearby", "anywhere"] = "nearby",
    step_size: float = 0.05,
    first_temperature: float = 0.0,
    trials: int = 150,
) -> Callable[[Context], "LocalSearch"]:
    """Each step is a trial of 20 searches on each surface; none acts on another, and each has a start of its own.

    propose: a point near the one that a search stands on, or anywhere on the map.
    step_size: standard deviation of a change, as a share of a setting's range, above 0.
    first_temperature: T of the first trial, in units of the score, at least 0; 0 climbs.
    trials: after the start, at least 1, at most 2000; T falls by the same factor at each, to a hundredth.
    """
    return lambda context: LocalSearch(propose, step_size, first_temperature, trials, context.seed)


class Ways(NamedTuple):
    """Of S searches: where each tried and where it stood after each of T trials, (S, 1 + T, 2); their heights."""

    tried: Tensor
    tried_heights: Tensor  # (S, 1 + T)
    stood: Tensor
    heights: Tensor  # (S, 1 + T), where it stood


def walked(height: Height, propose: str, size: float, first: float, trials: int, seed: int) -> Ways:
    """Searches from a start in each cell of a lattice. Whatever `first` is, the proposals draw the same numbers."""
    randoms = [Random(f"{seed} {start}") for start in range(STARTS)]
    at = [((n % ACROSS + r.random()) / ACROSS, (n // ACROSS + r.random()) / DOWN) for n, r in enumerate(randoms)]

    def heights(points: list[Point]) -> list[float]:
        return height(torch.tensor(points, dtype=torch.float64)).tolist()

    high = heights(at)
    way = [(at, high, at, high)]
    for place in range(trials):
        T = temperature(first, place, trials)
        new = [nearby(p, size, r) if propose == "nearby" else anywhere(2, r) for p, r in zip(at, randoms, strict=True)]
        found = heights(new)
        taken = [accepts(f - h, T, r) for f, h, r in zip(found, high, randoms, strict=True)]
        at = [n if yes else p for n, p, yes in zip(new, at, taken, strict=True)]
        high = [f if yes else h for f, h, yes in zip(found, high, taken, strict=True)]
        way.append((new, found, at, high))
    return Ways(*(torch.tensor(part, dtype=torch.float64).transpose(0, 1) for part in zip(*way, strict=True)))


class LocalSearch(nn.Module):
    """The ways of all searches on both surfaces follow from the options; its state is how many trials are shown."""

    def __init__(self, propose: str, size: float, first: float, trials: int, seed: int):
        super().__init__()
        self.length, self.first = trials, first
        self.count = Counter(self, "trials_made")
        self.ways, self.apart = {}, torch.zeros(1 + trials, dtype=torch.long)
        for name, surface in SURFACES.items():
            ways, climbing = (walked(surface.height, propose, size, T, trials, seed) for T in (first, 0.0))
            self.ways[name] = ways
            self.apart += (ways.stood != climbing.stood).any(-1).sum(0)
        self.rises = sum((ways.heights.diff(dim=1) > 0).sum(0) for ways in self.ways.values())  # (T,)
        deep, wide = valleys(self.ways["two valleys"].stood)
        self.in_deeper = deep > wide  # (S, 1 + T)
        self.excess = self.ways["one valley"].tried_heights.cummin(1).values.median(0).values  # (1 + T,)

    def step(self) -> None:
        """One more trial of each search."""
        self.count.set(int(self.count) + 1)

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return int(self.count) >= self.length

    def evaluate(self) -> dict[str, float]:
        """How far down they are on one valley, where they stand on two, and how they moved so far."""
        step = int(self.count)
        deeper = self.in_deeper[:, step]
        found = {
            "excess": self.excess[step],
            "deeper": deeper.sum(),
            "nearer": (deeper == self.in_deeper[:, 0]).sum(),
            "worsened": self.rises[:step].sum(),
            "apart": self.apart[: step + 1].sum(),
        }
        return {name: value.item() for name, value in found.items()}

    def pictures(self) -> Iterator[Picture]:
        """The way of the first search on both maps, and the course of all."""
        for name, surface in SURFACES.items():
            way = self.ways[name].stood[0, : int(self.count) + 1]
            yield Picture(name, contour(surface, {"where it stood": way}))
        yield self._curve("in the deeper valley", self.in_deeper.sum(0), "searches of 20")
        yield self._curve("best so far", self.excess.clamp(min=LEAST), "height, one valley", log_y=True)
        yield self._curve("score", self.ways["two valleys"].heights[0], "height, two valleys")
        if self.first:
            T = [temperature(self.first, place, self.length) for place in range(self.length + 1)]
            yield self._curve("temperature", torch.tensor(T), "T", log_y=True)

    def _curve(self, pane: str, values: Tensor, title: str, **axes: bool) -> Picture:
        """values (1 + T,) up to now; what is to come is empty, so that the axis stands still."""
        y = values.double().clone()
        y[int(self.count) + 1 :] = torch.nan
        return Picture(pane, lines({pane: (torch.arange(len(y)), y)}, x_title="trial", y_title=title, **axes))
