"""A search over the settings of another recipe: each step is a trial, which trains that recipe for a while."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms import searches
from dltui.engine.algorithms.pareto import front, hypervolume
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.trials import best_picture, front_picture, points_picture, settings_picture
from dltui.engine.training.trial import Trials
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.recipes.overrides import parse_value
from dltui.search.space import Space, parse

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "best": Metric("least value of the metric that a trial has reached"),
    "late": Metric("median value of the newest quarter of the trials: what the search has learned to propose"),
    "tried": Metric("trials so far"),
    "different": Metric("trials that differ in a setting that means something"),
    "front": Metric("trials on the Pareto front of the metric and the second cost"),
    "dominated": Metric("trials on the front that another trial beats in both, compared one by one"),
    "volume": Metric("share of the costs' rectangle that the front has conquered, the second cost by its magnitude"),
}
ANYWHERE = {"random": searches.random, "genetic": searches.genetic}
SECOND = {"seconds": "seconds of training (power of ten)", "weights": "weights (power of ten)"}  # costs, as titles
DIVERGED = 10.0  # stands for the value of a trial without one: worse than any


def build(
    *,
    recipe: str = "mlp-moons",
    variant: str = "net",
    spaces: list[str] = ("optimizer.lr=log:1e-4..1",),
    algorithm: Literal["grid", "tree", "random", "genetic"] = "random",
    metric: str = "test_loss",
    trials: int = 32,
    trial_steps: int = 60,
    levels: int = 3,
    front: Literal["none", "seconds", "weights"] = "none",
) -> Callable:
    """Returns (data, nets, device) -> Search.

    recipe: whose settings are searched.
    variant: of that recipe; the first where it is "".
    spaces: KEY=SPACE as in dltui sweep: LOW..HIGH, log:LOW..HIGH or A|B|C.
    algorithm: grid, every combination; tree, every one that means something; random; genetic, children of the best.
    metric: of that recipe, the least the best.
    trials: how many, at least 4; grid and tree end with their last combination.
    trial_steps: steps that each is trained for where train.steps is not searched, at least 1.
    levels: values of a range that grid and tree try, at least 1.
    front: what counts beside the metric, and makes a Pareto front with it: the seconds that a trial was trained, of
        the processor; how many weights it has; or nothing.
    """
    given = locals()
    return partial(Search, **given)


class Search:
    """Remembers each trial as a point of the unit cube and its value, so that a resumed search goes on from them."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        *,
        recipe: str,
        variant: str,
        spaces: list[str],
        algorithm: str,
        metric: str,
        trials: int,
        trial_steps: int,
        levels: int,
        front: str,
    ):
        if not spaces:
            hint = "Example: task.spaces=['optimizer.lr=log:1e-4..1']"
            raise DltuiError("task.spaces names nothing to search.", hint, ExitStatus.USAGE)
        self.spaces = [parse(word) for word in spaces]
        self.trials, self.metric, self.algorithm, self.second = (
            Trials(recipe, variant, trial_steps, device), metric, algorithm, front,
        )  # fmt: skip
        self.trials.check(self.spaces)
        self.lattice = self._lattice(levels) if algorithm not in ANYWHERE else None
        self.most = trials if self.lattice is None else min(trials, len(self.lattice))
        self.found = nets["found"] = Found(self.most, len(self.spaces))
        self.place = nets["place"] = Counters(tried=0)

    def _lattice(self, levels: int) -> Tensor:
        """The combinations (N, D); of a tree only one of those that mean the same."""
        points = searches.grid([len(space.choices) or min(levels, space.count or levels) for space in self.spaces])
        if self.algorithm == "grid":
            return points
        kept = {}
        for point in points:
            kept.setdefault(str(self.trials.taken(self.settings(point))), point)
        return torch.stack(list(kept.values()))

    def settings(self, point: Tensor) -> dict[str, object]:
        """The settings of a point (D,) of the unit cube."""
        return {space.key: value_at(space, place) for space, place in zip(self.spaces, point.tolist(), strict=True)}

    def advance(self, step: int) -> dict[str, float]:
        """The next trial, where there is one."""
        tried = self.place["tried"]
        if tried >= self.most:
            return {}
        if self.lattice is not None:
            point = self.lattice[tried]
        else:
            point = ANYWHERE[self.algorithm](self.found.points[:tried], self.found.values[:tried])
        trial = self.trials.run(self.settings(point))
        if self.metric not in trial.metrics:
            hint = f"Valid: {', '.join(trial.metrics)}."
            raise DltuiError(f'task.metric: {self.trials.name} has no metric "{self.metric}".', hint, ExitStatus.USAGE)
        value = trial.metrics[self.metric]
        self.found.points[tried] = point
        self.found.values[tried] = value if math.isfinite(value) else DIVERGED
        self.found.second[tried] = trial.seconds if self.second == "seconds" else trial.params
        self.place["tried"] = tried + 1
        return {}

    def evaluate(self) -> dict[str, float]:
        tried = self.place["tried"]
        if not tried:
            return {}
        values = self.found.values[:tried]
        different = {str(self.trials.taken(self.settings(point))) for point in self.found.points[:tried]}
        late = values[-max(1, self.most // 4) :].median().item()
        found = {"best": values.min().item(), "late": late, "tried": tried, "different": len(different)}
        return found | (self._front_metrics() if self.second in SECOND else {})

    @property
    def costs(self) -> Tensor:
        """(n, 2): value, and magnitude of the second cost, of each trial so far."""
        tried = self.place["tried"]
        return torch.stack([self.found.values[:tried], self.found.second[:tried].log10()], 1)

    def _front_metrics(self) -> dict[str, float]:
        costs = self.costs
        on = costs[front(costs)].tolist()
        beaten = sum(any(a < c and b < d for a, b in costs.tolist()) for c, d in on)
        least, most = costs.amin(0), costs.amax(0).clamp(max=torch.tensor([1.0, math.inf]))
        area = (most - least).clamp(min=1e-9).prod().item()
        return {"front": len(on), "dominated": beaten, "volume": hypervolume(costs, most) / area}

    def pictures(self) -> Iterator[Picture]:
        """Where it looked, how the best came down, and the best settings; or the front."""
        tried = self.place["tried"]
        if not tried:
            return
        values, points = self.found.values[:tried], self.found.points[:tried]
        settings = [self.settings(point) for point in points]
        if self.second in SECOND:
            yield Picture("front", front_picture(self.costs, front(self.costs), self.metric, SECOND[self.second]))
        yield Picture("tried", points_picture(self.spaces, settings, values, self.metric))
        yield Picture("best so far", best_picture(values, self.metric))
        yield Picture("best settings", settings_picture(settings, values, self.metric, self.trials.taken))


class Found(nn.Module):
    """The trials so far: points (T, D), values (T,) and what they cost beside (T,): seconds, or numbers of weights."""

    def __init__(self, trials: int, settings: int):
        super().__init__()
        self.register_buffer("points", torch.zeros(trials, settings, dtype=torch.float64))
        self.register_buffer("values", torch.zeros(trials, dtype=torch.float64))
        self.register_buffer("second", torch.zeros(trials, dtype=torch.float64))


def value_at(space: Space, place: float) -> object:
    """The value of a space at `place` in 0..1: even shares for choices and whole numbers, else even steps."""
    if space.choices:
        return parse_value(space.choices[min(int(place * len(space.choices)), len(space.choices) - 1)])
    low, high = (math.log(space.low), math.log(space.high)) if space.log else (space.low, space.high)
    value = low + place * (high - low)
    value = math.exp(value) if space.log else value
    return min(max(round(value), space.low), space.high) if space.whole else value
