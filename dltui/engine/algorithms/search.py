"""A search over the settings of another recipe: each step is a trial, which trains that recipe for a while.

Trials are chosen by validation rows; the test rows judge the best one, once, when all are made.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trials import Trials
from dltui.engine.metrics.pareto import front, hypervolume
from dltui.engine.pictures.trials import best_picture, front_picture, points_picture, settings_picture
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric
from dltui.recipes.overrides import parse_value
from dltui.search.proposers import anywhere, genetic
from dltui.search.space import Space, parse

NEEDS_DATA = False
METRICS = {
    "best": Metric("best value of the searched metric that a trial has reached", rows="validation"),
    "best_test_loss": Metric(
        "loss of the best trial on the test rows, which had no part in the choice",
        better="lower",
        axis="best",
        rows="test",
    ),
    "late_median": Metric(
        "median of the searched metric over the newest quarter of the trials", axis="best", rows="validation"
    ),
    "trials": Metric("trials so far", counter=True),
    "distinct": Metric("trials that differ in a setting that means something", counter=True),
    "front_size": Metric(
        "trials on the Pareto front of the metric and the second objective", whole=True, unit="trials"
    ),
    "dominated": Metric(
        "trials on the front that another trial beats in both objectives", better="lower", whole=True, unit="trials"
    ),
    "hypervolume": Metric(
        "share of the objectives' rectangle that the front dominates", better="higher", range=(0, 1), rows="validation"
    ),
}
PROPOSED = ("random", "genetic")
SECOND = {"seconds": "seconds of training (power of ten)", "weights": "weights (power of ten)"}  # objectives, as titles
MOST = 100_000  # combinations of a grid or a tree: all are held at once, and a tree compares their meanings
WORST = 10.0  # counts for a trial that diverged, or ended worse, where the metric's range has no worst end


def build(
    *,
    recipe: str = "mlp-moons",
    variant: str = "net",
    spaces: list[str] = ("optimizer.lr=log:1e-4..1",),
    strategy: Literal["grid", "tree", "random", "genetic"] = "random",
    metric: str = "validation_loss",
    trials: int = 32,
    trial_steps: int = 60,
    levels: int = 3,
    second_objective: Literal["none", "seconds", "weights"] = "none",
) -> Callable[[Context], "Search"]:
    """Each step is a trial.

    recipe: whose settings are searched.
    variant: of that recipe; the first where it is "".
    spaces: KEY=SPACE as in dltui sweep: LOW..HIGH, log:LOW..HIGH or A|B|C.
    strategy: grid, every combination; tree, every one that means something; random; genetic, children of the best.
    metric: of that recipe, not of its test rows; it says itself whether less or more of it is better.
    trials: how many, at least 4; grid and tree end with their last combination.
    trial_steps: steps that each is trained for where train.steps is not searched, at least 1.
    levels: values of a range that grid and tree try, at least 1.
    second_objective: what counts beside the metric, and makes a Pareto front with it: the seconds that a trial was
        trained, of the processor; how many weights it has; or nothing.
    """

    def begin(context: Context) -> Search:
        if not spaces:
            hint = "Example: algorithm.spaces=['optimizer.lr=log:1e-4..1']"
            raise DltuiError("algorithm.spaces names nothing to search.", hint, ExitStatus.USAGE)
        parsed, trained = [parse(word) for word in spaces], context.trials(recipe, variant, trial_steps)
        trained.check(parsed)
        return Search(trained, parsed, strategy, metric, trials, levels, second_objective, context.seed)

    return begin


class Search(nn.Module):
    """Each trial so far as a point of the unit cube, `points` (n, D); its `costs` (n,), the less the better: the
    metric, its sign turned where more is better; the `second` objective (n,); and `test_losses` (n,)."""

    def __init__(
        self,
        trials: Trials,
        spaces: list[Space],
        strategy: str,
        metric: str,
        most: int,
        levels: int,
        second: str,
        seed: int,
    ):
        super().__init__()
        self.seed = seed
        self.trials, self.spaces, self.strategy, self.metric, self.objective = trials, spaces, strategy, metric, second
        self.sign, self.worst = direction(metric, trials.recipe.metrics, trials.recipe.name)
        self.lattice = None if strategy in PROPOSED else self._lattice(levels)
        self.most = most if self.lattice is None else min(most, len(self.lattice))
        self.register_buffer("points", torch.zeros(0, len(spaces), dtype=torch.float64))
        self.register_buffer("costs", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("second", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("test_losses", torch.zeros(0, dtype=torch.float64))  # told of the best, at the end

    def _lattice(self, levels: int) -> Tensor:
        """The combinations (N, D); of a tree only one of those that mean the same."""
        counts = [len(space.choices) or min(levels, space.count or levels) for space in self.spaces]
        if (count := math.prod(counts)) > MOST:
            reason = f"A {self.strategy} over {' x '.join(map(str, counts))} values has {count:,} combinations"
            hint = "Give fewer algorithm.levels or choices, or algorithm.strategy=random."
            raise DltuiError(
                f"algorithm.spaces: {reason}; at most {MOST:,} can be gone through.", hint, ExitStatus.USAGE
            )
        points = lattice(counts)
        if self.strategy == "grid":
            return points
        kept: dict[str, Tensor] = {}
        for point in points:
            kept.setdefault(str(self.trials.taken(self.settings(point))), point)
        return torch.stack(list(kept.values()))

    def settings(self, point: Tensor) -> dict[str, object]:
        """The settings of a point (D,) of the unit cube."""
        return {space.key: value_at(space, place) for space, place in zip(self.spaces, point.tolist(), strict=True)}

    def step(self) -> None:
        """The next trial."""
        point = self._proposed() if self.lattice is None else self.lattice[len(self.points)]
        trial = self.trials.run(self.settings(point))
        cost = self.sign * trial.metrics.get(self.metric, math.nan)
        second = trial.seconds if self.objective == "seconds" else trial.params
        self.points = torch.cat([self.points, point[None]])
        self.costs = torch.cat([self.costs, self.costs.new_tensor([cost if cost < self.worst else self.worst])])
        self.second = torch.cat([self.second, self.second.new_tensor([second])])
        test_loss = trial.metrics.get("test_loss", math.nan)
        self.test_losses = torch.cat([self.test_losses, self.test_losses.new_tensor([test_loss])])

    def _proposed(self) -> Tensor:
        """The next point (D,); its random numbers follow from the seed and from how many were tried."""
        random, dimensions = Random(f"{self.seed} {len(self.points)}"), len(self.spaces)
        if self.strategy == "random":
            return self.points.new_tensor(anywhere(dimensions, random))
        return self.points.new_tensor(genetic(self.points.tolist(), self.costs.tolist(), dimensions, random))

    @property
    def done(self) -> bool:
        """Whether all trials are made."""
        return len(self.points) >= self.most

    @property
    def objectives(self) -> Tensor:
        """(n, 2): the cost, and the magnitude of the second objective, of each trial so far."""
        return torch.stack([self.costs, self.second.log10()], 1)

    def evaluate(self) -> dict[str, float]:
        """What was found; nothing before the first trial."""
        if not len(self.points):
            return {}
        late = self.costs[-max(1, self.most // 4) :].median().item()
        values = {
            "best": self.sign * self.costs.min().item(),
            "late_median": self.sign * late,
            "trials": len(self.points),
            "distinct": len({str(self.trials.taken(self.settings(point))) for point in self.points}),
        }
        if self.done:
            test_loss = self.test_losses[self.costs.argmin()].item()
            values |= {} if math.isnan(test_loss) else {"best_test_loss": test_loss}
        return values | (self._front_metrics() if self.objective in SECOND else {})

    def _front_metrics(self) -> dict[str, float]:
        costs = self.objectives
        on = costs[front(costs)].tolist()
        beaten = sum(any(a < c and b < d for a, b in costs.tolist()) for c, d in on)
        least, most = costs.amin(0), costs.amax(0).clamp(max=torch.tensor([1.0, math.inf]))
        area = (most - least).clamp(min=1e-9).prod().item()
        return {"front_size": len(on), "dominated": beaten, "hypervolume": hypervolume(costs, most) / area}

    def pictures(self) -> Iterator[Picture]:
        """The front, where there is a second objective; where it looked, how the best came down, the best settings."""
        if not len(self.points):
            return
        values, settings = self.sign * self.costs, [self.settings(point) for point in self.points]
        order = self.costs.argsort(stable=True)
        if self.objective in SECOND:
            both = torch.stack([values, self.second.log10()], 1)
            yield Picture("front", front_picture(both, front(self.objectives), self.metric, SECOND[self.objective]))
        yield Picture("tried", points_picture(self.spaces, settings, order, self.metric))
        best = self.sign * self.costs.cummin(0).values
        yield Picture("best so far", best_picture(values, best, self.metric))
        yield Picture("best settings", settings_picture(settings, values, order, self.metric, self.trials.taken))


def lattice(levels: list[int]) -> Tensor:
    """Every point of a lattice (N, D), `levels` places a coordinate, each in the middle of its share of 0..1."""
    sides = [[(place + 0.5) / count for place in range(count)] for count in levels]
    return torch.tensor(list(product(*sides)), dtype=torch.float64).view(-1, len(levels))


def direction(name: str, metrics: dict[str, Metric], recipe: str) -> tuple[float, float]:
    """Returns the sign that makes a cost of a metric, and the cost that counts for a trial without a value.

    Raises DltuiError (2) for a metric that a trained recipe does not measure, of which neither way is better, or that
    is one of its test rows: what chooses must not see them.
    """
    if name in metrics and metrics[name].rows == "test":
        raise DltuiError(
            f"algorithm.metric: {name} is measured on test rows, and the best of many trials by it is luck.",
            "Choose by rows that are held out of the training: algorithm.metric=validation_loss",
            ExitStatus.USAGE,
        )
    valid = {
        each: metric
        for each, metric in metrics.items()
        if metric.better and not metric.progress and metric.rows != "test"
    }
    if name not in valid:
        hint = did_you_mean(name, valid) or f"Valid: {', '.join(valid)}."
        raise DltuiError(f'algorithm.metric: {recipe} has no metric "{name}" to search by.', hint, ExitStatus.USAGE)
    low, high = valid[name].range or (None, None)
    sign, end = (1.0, high) if valid[name].better == "lower" else (-1.0, low)
    return sign, WORST if end is None else sign * end


def value_at(space: Space, place: float) -> object:
    """The value of a space at `place` in 0..1: even shares for choices and whole numbers, else even steps."""
    if space.choices:
        return parse_value(space.choices[min(int(place * len(space.choices)), len(space.choices) - 1)])
    low, high = (math.log(space.low), math.log(space.high)) if space.log else (space.low, space.high)
    value = low + place * (high - low)
    value = math.exp(value) if space.log else value
    return min(max(round(value), space.low), space.high) if space.whole else value
