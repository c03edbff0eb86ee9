"""Curvature shown: seven ways down the loss of a logistic regression, on a map of two weights and with all of them."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import islice

import torch
from torch import Tensor, nn

from dltui.engine.algorithms import second_order
from dltui.engine.algorithms.logistic_curvature import Logistic
from dltui.engine.algorithms.second_order import MEMORY
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "iterations_gd": Metric("steps until the gradient of all weights was shorter than 1e-6; so for all"),
    "iterations_newton": Metric("the same for Newton-Raphson"),
    "iterations_bfgs": Metric("the same for BFGS"),
    "iterations_lbfgs": Metric("the same for L-BFGS"),
    "iterations_natural": Metric("the same for the natural gradient"),
    "iterations_blocks": Metric("the same for it with a block of Fisher's matrix for every ten weights"),
    "iterations_bounded": Metric("the same for L-BFGS-B, where the bound lets the gradient push"),
    "left_newton": Metric("length of Newton's gradient now"),
    "error": Metric("greatest distance of Newton's weights from those that scipy finds", better="lower"),
    "below": Metric("how far the least weight of L-BFGS-B lies below its bound"),
}
NAMES = ("gd", "newton", "bfgs", "lbfgs", "natural", "blocks", "bounded")
ARRIVED = 1e-6  # length of the gradient
BLOCK = 10  # weights
START = (3.5, -0.5)  # on the map
X, Y, WIDE, HIGH = (-5.0, 5.0), (-2.0, 9.0), 60, 40  # of the map, and its points
AT_REST = 100  # steps after which Newton and L-BFGS-B have arrived on the map
LEAST = 1e-17  # length of a gradient that is drawn


def build(*, first: int = 0, second: int = 20, ridge: float = 0.01, start: float = 0.1) -> Callable:
    """Returns (data, nets, device) -> SecondOrder.

    first: column of the data whose weight is drawn to the right, at least 0.
    second: column whose weight is drawn upwards, at least 0.
    ridge: factor of half the sum of the squared weights, above 0; a tenth of it on the map.
    start: standard deviation of the first weights, at least 0; the map has a start of its own.
    """
    return partial(SecondOrder, columns=(first, second), ridge=ridge, start=start)


class SecondOrder:
    """A step is one of every method. Where a run is resumed the ways are worked out anew: only their start is drawn."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        columns: tuple[int, int],
        ridge: float,
        start: float,
    ):
        x, t = as_floats(data.train.inputs).flatten(1).double(), data.train.targets == 0
        if max(columns) >= x.shape[1]:
            hint = f"The data have {x.shape[1]} columns, counted from 0. Example: task.first=0 task.second=1"
            raise DltuiError(f"task: there is no column {max(columns)}.", hint, ExitStatus.USAGE)
        self.columns = [data.columns[k] if data.columns else f"column {k}" for k in columns]
        self.plane = Logistic(x[:, list(columns)], t, ridge / 10)
        self.whole = Logistic(torch.cat([x, torch.ones(len(x), 1)], 1), t, ridge)  # with a bias
        begin = torch.tensor(START, dtype=torch.float64) + 0.3 * torch.randn(2)
        self.on_plane = Ways(self.plane, begin)
        self.of_all = Ways(self.whole, start * torch.randn(x.shape[1] + 1).double())
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    def evaluate(self) -> dict[str, float]:
        step, found = self.place["step"], {}
        for name in NAMES:
            left = self.of_all.left(name, step)
            arrived = (left < ARRIVED).nonzero()
            if len(arrived):
                found[f"iterations_{name}"] = arrived[0].item()
        newton, bounded = (self.of_all.way(name, step)[-1] for name in ("newton", "bounded"))
        return found | {
            "left_newton": self.of_all.left("newton", step)[-1].item(),
            "error": (newton - self._scipys).abs().max().item(),
            "below": max(0.0, -bounded.min().item()),
        }

    @cached_property
    def _scipys(self) -> Tensor:
        from scipy.optimize import minimize

        def of(function: Callable[[Tensor], Tensor]) -> Callable:
            return lambda w: function(torch.from_numpy(w)).numpy()

        f, begin = self.whole, torch.zeros(self.whole.x.shape[1]).double().numpy()
        found = minimize(
            of(f.loss), begin, jac=of(f.gradient), hess=of(f.hessian), method="trust-exact", options={"gtol": 1e-10}
        )
        return torch.from_numpy(found.x)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("two weights", self._map())
        step = self.place["step"]
        curves = [
            {"name": name, "x": list(range(step + 1)), "y": self.of_all.left(name, step).clamp(min=LEAST).numpy()}
            for name in NAMES
        ]
        axes = {"x_title": "step", "y_title": f"length of the gradient, {self._weights} weights", "log_y": True}
        yield Picture("all weights", {"type": "lines", "curves": curves, **axes})
        yield Picture("steps and memory", self._table())

    @property
    def _weights(self) -> int:
        return self.whole.x.shape[1]

    def _map(self) -> dict:
        """The payload `contour`: loss of two weights, everyone's way, the bound, both least places."""
        xs, ys = torch.linspace(*X, WIDE).double(), torch.linspace(*Y[::-1], HIGH).double()
        heights = self.plane.loss(torch.cartesian_prod(ys, xs).flip(1)).view(HIGH, WIDE)
        ways = [self.on_plane.way(name, self.place["step"]).clamp(-1e3, 1e3) for name in NAMES]
        count = len(ways[0])
        edge = torch.stack([torch.zeros(count), torch.linspace(*Y, count)], 1).double()  # of L-BFGS-B: to its right
        x, y = torch.stack([*ways, edge]).unbind(-1)
        least = torch.stack([self.on_plane.way(name, AT_REST)[-1] for name in ("newton", "bounded")])
        marks = {"x": least[:, 0].tolist(), "y": least[:, 1].tolist()}
        return {
            "type": "contour", "values": heights.numpy(), "x": list(X), "y": list(Y), "names": [*NAMES, "bound"],
            "trail_x": x.numpy(), "trail_y": y.numpy(), "marks": marks,
        }  # fmt: skip

    def _table(self) -> dict:
        D, found = self._weights, self.evaluate()
        keeps = {
            "gd": 0, "newton": D * D, "bfgs": D * D, "lbfgs": 2 * MEMORY * D, "natural": D * D,
            "blocks": sum(len(block) ** 2 for block in blocks_of(D)), "bounded": 2 * MEMORY * D,
        }  # fmt: skip
        steps = {name: found.get(f"iterations_{name}") for name in NAMES}
        rows = [[name, "-" if steps[name] is None else str(steps[name]), keeps[name]] for name in NAMES]
        return {"type": "table", "columns": ["", "steps", "numbers kept"], "rows": rows}


class Ways:
    """Every method's weights after each step on one problem, worked out as far as they are asked for."""

    def __init__(self, problem: Logistic, start: Tensor):
        self.problem, self.low = problem, torch.zeros_like(start)
        highest = torch.linalg.eigvalsh(problem.x.T @ problem.x / 4 / len(problem.x))[-1] + problem.ridge
        D = len(start)
        self._running = {
            "gd": second_order.descent(problem, start, 1 / highest.item()),
            "newton": second_order.newton(problem, start),
            "bfgs": second_order.bfgs(problem, start),
            "lbfgs": second_order.lbfgs(problem, start),
            "natural": second_order.natural(problem, start),
            "blocks": second_order.natural(problem, start, blocks_of(D) if D > 2 else [*torch.arange(D).split(1)]),
            "bounded": second_order.bounded(problem, start, self.low),
        }
        self._known: dict[str, list[Tensor]] = {name: [] for name in NAMES}
        self._left: dict[str, list[Tensor]] = {name: [] for name in NAMES}

    def way(self, name: str, step: int) -> Tensor:
        """Returns its weights from the start to `step`, (step + 1, D)."""
        known = self._known[name]
        known += islice(self._running[name], max(0, step + 1 - len(known)))
        return torch.stack(known[: step + 1])

    def left(self, name: str, step: int) -> Tensor:
        """Returns the length of the gradient at each of them, (step + 1,); at a bound, of what it does not hold up."""
        left = self._left[name]
        for w in self.way(name, step)[len(left) :]:
            g = self.problem.gradient(w)
            left.append((w - torch.maximum(w - g, self.low) if name == "bounded" else g).norm())
        return torch.stack(left[: step + 1])


def blocks_of(D: int) -> list[Tensor]:
    """Ten weights each: of the breast-cancer data the ten means, the ten errors, the ten worst; then the bias."""
    return list(torch.arange(D).split(BLOCK))
