"""Inputs raw, centred and standardised: the same neuron on the same rows, three landscapes, three ways down."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.logistic import gradient, loss, newton, safe_rate
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
SCALINGS = ("raw", "centred", "standardised")
LIVE = ("rate",)
METRICS = {
    "loss_raw": Metric(
        "loss above the least there is, as a share of the start's; so for all", better="lower", progress=True
    ),
    "loss_centred": Metric("the same", better="lower", progress=True),
    "loss_standardised": Metric("the same", better="lower", progress=True),
    "steps_raw": Metric(
        "steps of descent until a twentieth of that was left; all that were made, if it was not reached"
    ),
    "steps_centred": Metric("the same"),
    "steps_standardised": Metric("the same"),
    "condition_raw": Metric("greatest curvature of the landscape as a multiple of the least, for p = 1/2"),
    "condition_centred": Metric("the same"),
    "condition_standardised": Metric("the same"),
    "arrived": Metric("scalings that have come to a twentieth"),
}
SHARE = 0.05  # of the start's loss above the least: arrived
GROWTH, MOST = 1.1, 2000  # a step of the run is one of descent at first, then a tenth of all so far, at most MOST
FAR = (2.0, 1.5)  # how far from the least place it begins, weight and bias of the standardised neuron, at least
KEPT = 400  # points of a trail, the latest
LEAST = 1e-6  # that is drawn of what is left
WIDE, HIGH = 60, 40  # points of a map
MARGIN = 0.35  # of a map around start and least place


def build(*, column: int = 1, rate: float = 1.0) -> Callable:
    """Returns (data, nets, device) -> Normalise.

    column: number of the column that the neuron sees, from 0, at least 0.
    rate: learning rates as shares of what is surely safe on each landscape, above 0.
    """
    return partial(Normalise, column=column, rate=rate)


class Normalise:
    """p = sigmoid(w x + b), three times, from the same p. Every landscape has the largest rate that is safe there."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, column: int, rate: float):
        rows = data.train.inputs.flatten(1)
        if len(data.classes) != 2 or column >= rows.shape[1]:
            raise DltuiError(
                f"A neuron tells two classes by column {column}; these data have {len(data.classes)} classes and "
                f"{rows.shape[1]} columns, the first being 0.",
                "Take: data.kind=breast_cancer task.column=1",
                ExitStatus.USAGE,
            )
        x, self.y = rows[:, column].double(), data.train.targets.double()
        self.name = data.columns[column] if data.columns else f"column {column}"
        self.mean, self.deviation, self.rate = x.mean(), x.std(correction=0), rate
        scaled = torch.stack([x, x - self.mean, (x - self.mean) / self.deviation])
        self.X = torch.stack([scaled, torch.ones_like(scaled)], 2)  # (K, N, 2)
        self.safe = safe_rate(self.X)[:, None]
        least = newton(self.X[2:], self.y)[0]
        offset = torch.tensor(FAR, dtype=torch.float64) * (1 + torch.rand(2) / 2)  # the run's seed decides it
        self.least, self.start = self.of_all(least), self.of_all(least + offset)  # (K, 2)
        self.floor = loss(self.least, self.X, self.y)
        self.depth = loss(self.start, self.X, self.y) - self.floor
        self.state = nets["state"] = State(self.start)
        self.place = nets["place"] = Counters(kept=1, descents=0)

    def of_all(self, theta: Tensor) -> Tensor:
        """theta (2,) of the standardised neuron -> (K, 2): that which says the same with each scaling."""
        w, b = theta
        w_raw = w / self.deviation
        return torch.stack([torch.stack([w_raw, b - w_raw * self.mean]), torch.stack([w_raw, b]), theta])

    def advance(self, step: int) -> dict[str, float]:
        """Some steps of descent; none once all three have arrived."""
        state = self.state
        if (state.arrival >= 0).all():
            return {}
        for _ in range(min(MOST, max(1, int(self.place["descents"] * (GROWTH - 1))))):
            state.theta.sub_(self.rate * self.safe * gradient(state.theta, self.X, self.y))
            self.place["descents"] += 1
            reached = (state.arrival < 0) & (self.left() <= SHARE)
            state.arrival[reached] = self.place["descents"]
        if self.place["kept"] == KEPT:
            for memory in (state.trajectory, state.lefts, state.descents):
                memory.copy_(memory.roll(-1, 0))
            self.place["kept"] -= 1
        state.trajectory[self.place["kept"]] = state.theta
        state.lefts[self.place["kept"]] = self.left()
        state.descents[self.place["kept"]] = self.place["descents"]
        self.place["kept"] += 1
        return {}

    def left(self) -> Tensor:
        """(K,): the loss above the least there is, as a share of the start's."""
        return (loss(self.state.theta, self.X, self.y) - self.floor) / self.depth

    def evaluate(self) -> dict[str, float]:
        arrival = self.state.arrival
        steps = torch.where(arrival < 0, self.place["descents"], arrival)
        curvatures = torch.linalg.eigvalsh(self.X.mT @ self.X)  # (K, 2)
        conditions = curvatures[:, -1] / curvatures[:, 0]
        found: dict[str, float] = {"arrived": (arrival >= 0).sum().item()}
        for prefix, values in {"loss": self.left(), "steps": steps, "condition": conditions}.items():
            found |= {f"{prefix}_{name}": value for name, value in zip(SCALINGS, values.tolist(), strict=True)}
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The three landscapes with the way so far; then how much is left over the steps."""
        for number, name in enumerate(SCALINGS):
            yield Picture(name, self._map(number))
        kept = self.place["kept"]
        x = self.state.descents[:kept].clamp(min=1).numpy()  # the start stands with the first step: the axis is a log
        lefts = self.state.lefts[:kept].clamp(min=LEAST)
        curves = [
            {"name": f"{name}: {self._told(number)}", "x": x, "y": lefts[:, number].numpy()}
            for number, name in enumerate(SCALINGS)
        ]
        titles = {"x_title": "steps of descent", "y_title": "loss that is left", "log_x": True, "log_y": True}
        yield Picture("loss", {"type": "lines", "curves": curves, **titles})

    def _told(self, number: int) -> str:
        arrival = self.state.arrival[number].item()
        return f"{arrival:,}" if arrival >= 0 else "not there"

    def _map(self, number: int) -> dict:
        """The payload `contour`: loss over weight (across) and bias (up), and the trail."""
        low, high, heights = self._landscapes[number]
        trajectory = self.state.trajectory[: self.place["kept"], number]
        told = f"steps: {self._told(number)}, {self.name}"
        return {
            "type": "contour", "values": heights.numpy(), "x": [low[0].item(), high[0].item()],
            "y": [low[1].item(), high[1].item()], "names": [told],
            "trail_x": trajectory[None, :, 0].numpy(), "trail_y": trajectory[None, :, 1].numpy(),
            "marks": {"x": [self.least[number, 0].item()], "y": [self.least[number, 1].item()]},
        }  # fmt: skip

    @cached_property
    def _landscapes(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        """For each scaling, lower left and upper right (2,) of its map, and the heights (HIGH, WIDE), top row first."""
        found = []
        for number in range(len(SCALINGS)):
            ends = torch.stack([self.start[number], self.least[number]])
            low, high = ends.amin(0), ends.amax(0)
            low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
            across, up = torch.linspace(low[0], high[0], WIDE), torch.linspace(high[1], low[1], HIGH)
            places = torch.cartesian_prod(up, across).flip(1).double()  # (HIGH * WIDE, 2)
            heights = loss(places[:, None], self.X[number : number + 1], self.y).view(HIGH, WIDE)
            found.append((low, high, heights))
        return found


class State(nn.Module):
    """Where the three neurons stand, where they were after how many steps, what was left then, when each arrived."""

    def __init__(self, start: Tensor):
        super().__init__()
        self.register_buffer("theta", start.clone())  # (K, 2)
        self.register_buffer("trajectory", start.repeat(KEPT, 1, 1))
        self.register_buffer("lefts", torch.ones(KEPT, len(start), dtype=torch.float64))
        self.register_buffer("descents", torch.zeros(KEPT, dtype=torch.int64))
        self.register_buffer("arrival", torch.full((len(start),), -1))
