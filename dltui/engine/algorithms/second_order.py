"""Second-order methods: Newton-Raphson, BFGS, L-BFGS, the natural gradient (Nocedal and Wright 2006, chapters 3, 6, 7).

w: weights (D,), g: gradient, H: the matrix of second derivatives, C: what stands for its inverse, mu: length of a step.
Each method yields w after w, its start first.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.logistic import Logistic
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.contour import Surface, contour
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

METRICS = {
    "iterations": Metric(
        "steps until the gradient of all weights was shorter than 1e-6", better="lower", counter=True, unit="steps"
    ),
    "grad_norm": Metric(
        "length of the gradient of all weights; of what no bound holds", better="lower", progress=True, log=True
    ),
    "error": Metric(
        "greatest distance of a weight from the one that scipy finds without bounds", better="lower", log=True
    ),
    "bound_violation": Metric("how far the least weight of L-BFGS-B lies below its bound", better="lower"),
}
MEMORY = 10  # pairs (s, y) that L-BFGS remembers
DAMPING = 1e-3  # added to Fisher's diagonal: few rows, or rows that agree, leave it without an inverse
ARMIJO = 1e-4  # share of what the slope promises that a step must bring
SHORTEST = 1e-10  # step that is tried
ARRIVED = 1e-6  # length of the gradient
BLOCK = 10  # weights: of the breast-cancer data the ten means, the ten errors, the ten worst; then the bias
START = (3.5, -0.5)  # on the map
X, Y = (-5.0, 5.0), (-2.0, 9.0)  # of the map
AT_REST = 100  # steps after which L-BFGS-B has arrived on the map
LEAST = 1e-17  # length of a gradient that is drawn


def build(
    *,
    method: Literal["gd", "newton", "bfgs", "lbfgs", "natural", "blocks", "bounded"] = "newton",
    columns: list[int] = (0, 20),
    ridge: float = 0.01,
    start: float = 0.1,
) -> Callable[[Context], "SecondOrder"]:
    """A way down the loss of a logistic regression, on a map of two weights and with all of them.

    method: gd is gradient descent; newton uses all second derivatives; bfgs and lbfgs learn them on the way; natural
        uses Fisher's matrix, blocks a block of it for every ten weights; bounded is L-BFGS-B, no weight below 0.
    columns: numbers, from 0, of the two columns whose weights are drawn, to the right and upwards.
    ridge: factor of half the sum of the squared weights, above 0; a tenth of it on the map.
    start: standard deviation of the first weights, at least 0; the map has a start of its own.
    """
    return lambda context: SecondOrder(context.rows, method, list(columns), ridge, start)


def descent(f: Logistic, w: Tensor, mu: float) -> Iterator[Tensor]:
    """Gradient descent, to compare with: w' = w - mu g."""
    while True:
        yield w
        w = w - mu * f.gradient(w)


def newton(f: Logistic, w: Tensor, mu: float = 1.0) -> Iterator[Tensor]:
    """Newton-Raphson: w' = w - mu H^-1 g, the lowest place of the parabola that fits at w."""
    while True:
        yield w
        w = w - mu * torch.linalg.solve(f.hessian(w), f.gradient(w))


def bfgs(f: Logistic, w: Tensor) -> Iterator[Tensor]:
    """Broyden, Fletcher, Goldfarb, Shanno 1970: H^-1 is learned from how the gradient changes, step by step."""
    C, g, first = torch.eye(len(w), dtype=w.dtype), f.gradient(w), True
    while True:
        yield w
        s = step_along(f, w, -(C @ g), g)
        y = f.gradient(w + s) - g
        if y @ s > 0:
            C = C * (s @ y) / (y @ y) if first else C  # its size is guessed from the first step
            C, first = bfgs_update(C, s, y), False
        w, g = w + s, g + y


def bfgs_update(C: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """C' = (I - r s y^T) C (I - r y s^T) + r s s^T with r = 1 / (y^T s): the nearest C with C' y = s."""
    r, I = 1 / (y @ s), torch.eye(len(s), dtype=s.dtype)  # noqa: E741 - the paper's name
    return (I - r * torch.outer(s, y)) @ C @ (I - r * torch.outer(y, s)) + r * torch.outer(s, s)


def lbfgs(f: Logistic, w: Tensor, memory: int = MEMORY) -> Iterator[Tensor]:
    """Nocedal 1980: the same from the last pairs (s, y) alone; no matrix is kept."""
    pairs: list[tuple[Tensor, Tensor]] = []
    g = f.gradient(w)
    while True:
        yield w
        s = step_along(f, w, -two_loops(g, pairs), g)
        y = f.gradient(w + s) - g
        if y @ s > 0:
            pairs = [*pairs, (s, y)][-memory:]
        w, g = w + s, g + y


def two_loops(g: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Returns C g, where C is BFGS's of these pairs, begun at I scaled by the newest: O(pairs D) numbers."""
    q, weights = g, []
    for s, y in reversed(pairs):
        weights.append((s @ q) / (y @ s))
        q = q - weights[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q = q + s * (weight - (y @ q) / (y @ s))
    return q


def natural(f: Logistic, w: Tensor, blocks: list[Tensor] | None = None) -> Iterator[Tensor]:
    """Amari 1998: w' = w - mu F^-1 g, whole, or each block of weights by itself."""
    blocks = blocks or [torch.arange(len(w))]
    while True:
        yield w
        F, g, p = fisher(f.gradients(w)), f.gradient(w), torch.zeros_like(w)
        for block in blocks:
            of_block = F[block][:, block] + DAMPING * torch.eye(len(block), dtype=w.dtype)
            p[block] = -torch.linalg.solve(of_block, g[block])
        w = w + step_along(f, w, p, g)


def fisher(gradients: Tensor) -> Tensor:
    """gradients (N, D) of the rows' losses -> the empirical Fisher matrix (D, D): their covariance about zero."""
    return gradients.T @ gradients / len(gradients)


def step_along(f: Logistic, w: Tensor, p: Tensor, g: Tensor) -> Tensor:
    """Returns mu p with mu = 1, 1/2, 1/4 ..., the first that brings what the slope promises (Armijo 1966).

    Nought where none does: w is as low as these numbers can tell.
    """
    mu, here = 1.0, f.loss(w)
    while mu > SHORTEST:
        if f.loss(w + mu * p) <= here + ARMIJO * mu * (g @ p):
            return mu * p
        mu /= 2
    return torch.zeros_like(p)


def bounded(f: Logistic, w: Tensor, low: Tensor) -> Iterator[Tensor]:
    """L-BFGS-B (Byrd, Lu, Nocedal, Zhu 1995), scipy's: no weight may fall below `low` (D,)."""
    from scipy.optimize import minimize  # 0.4 s

    way = [torch.maximum(w, low)]
    minimize(
        _scipys(f), way[0].numpy(), jac=True, method="L-BFGS-B", bounds=[(least, None) for least in low.tolist()],
        callback=lambda w: way.append(torch.from_numpy(w.copy())), options={"ftol": 0.0, "gtol": 1e-10},
    )  # fmt: skip
    yield from way
    while True:
        yield way[-1]


def _scipys(f: Logistic) -> Callable:
    def loss_and_gradient(w):
        w = torch.from_numpy(w)
        return f.loss(w).item(), f.gradient(w).numpy()

    return loss_and_gradient


def way_of(method: str, f: Logistic, w: Tensor) -> Iterator[Tensor]:
    """Returns the method's weights (D,) after each step from w (D,), for ever."""
    blocks = list(torch.arange(len(w)).split(BLOCK if len(w) > BLOCK else 1))
    return {
        "gd": lambda: descent(f, w, 1 / f.steepest),
        "newton": lambda: newton(f, w),
        "bfgs": lambda: bfgs(f, w),
        "lbfgs": lambda: lbfgs(f, w),
        "natural": lambda: natural(f, w),
        "blocks": lambda: natural(f, w, blocks),
        "bounded": lambda: bounded(f, w, torch.zeros_like(w)),
    }[method]()


class SecondOrder(nn.Module):
    """A method on two problems. Where a run is resumed its ways are worked out anew: they have no chance in them."""

    done = False

    def __init__(self, rows: Rows, method: str, columns: list[int], ridge: float, start: float):
        super().__init__()
        x, targets = rows.labelled().train.table()
        x, t = x.double(), targets == 0
        if len(set(columns)) != 2 or not all(0 <= column < x.shape[1] for column in columns):
            what = f"algorithm.columns must be two different numbers from 0 to {x.shape[1] - 1}, not {columns}."
            raise DltuiError(what, "Example: algorithm.columns=[0,1]", ExitStatus.USAGE)
        self.method = method
        plane = Logistic(x[:, columns], t, ridge / 10)
        self.whole = Logistic(torch.cat([x, torch.ones(len(x), 1)], 1), t, ridge)  # with a bias
        begin = torch.tensor(START, dtype=torch.float64) + 0.3 * torch.randn(2)
        self.on_plane = Way(way_of(method, plane, begin))
        self.of_all = Way(way_of(method, self.whole, start * torch.randn(x.shape[1] + 1).double()))
        held = Way(way_of("bounded", plane, begin)).until(AT_REST)[-1]
        self.surface = Surface(plane.loss, X, Y, [tuple(plane.minimum().tolist()), tuple(held.tolist())])
        self._norms: list[Tensor] = []
        self.register_buffer("steps", torch.tensor(0))

    def step(self) -> None:
        """One more step of the method on both problems."""
        self.steps += 1

    def grad_norms(self) -> Tensor:
        """(steps + 1,): the length of the gradient after each step; at a bound, of what it does not hold up."""
        for w in self.of_all.until(int(self.steps))[len(self._norms) :]:
            g = self.whole.gradient(w)
            self._norms.append((w - (w - g).clamp(min=0) if self.method == "bounded" else g).norm())
        return torch.stack(self._norms[: int(self.steps) + 1])

    @property
    def iterations(self) -> int | None:
        """Steps until the gradient had gone; None where it is still there."""
        arrived = (self.grad_norms() < ARRIVED).nonzero()
        return arrived[0].item() if len(arrived) else None

    def evaluate(self) -> dict[str, float]:
        """How far it has come with all weights."""
        w, norms = self.of_all.until(int(self.steps))[-1], self.grad_norms()
        found = {} if self.iterations is None else {"iterations": self.iterations}
        if self.method == "bounded":
            found["bound_violation"] = max(0.0, -w.min().item())
        else:
            found["error"] = (w - self._scipys_minimum).abs().max().item()
        return found | {"grad_norm": norms[-1].item()}

    @cached_property
    def _scipys_minimum(self) -> Tensor:
        from scipy.optimize import minimize

        f, begin = self.whole, torch.zeros(self.whole.x.shape[1]).double().numpy()
        found = minimize(
            _scipys(f), begin, jac=True, hess=lambda w: f.hessian(torch.from_numpy(w)).numpy(), method="trust-exact",
            options={"gtol": 1e-10},
        )  # fmt: skip
        return torch.from_numpy(found.x)

    def pictures(self) -> Iterator[Picture]:
        """The way on the map of two weights, the gradient of all weights, and what was kept in memory for it."""
        way = self.on_plane.until(int(self.steps))
        edge = torch.stack([torch.zeros(len(way)), torch.linspace(*Y, len(way))], 1)  # of L-BFGS-B: to its right
        yield Picture("two weights", contour(self.surface, {self.method: way, "bound": edge.double()}))
        y, D = self.grad_norms().clamp(min=LEAST), self.whole.x.shape[1]
        curves = {self.method: (list(range(len(y))), y)}
        title = f"length of the gradient, {D} weights"
        yield Picture("all weights", lines(curves, x_title="step", y_title=title, log_y=True))
        steps = "-" if self.iterations is None else str(self.iterations)
        row = [self.method, steps, kept(self.method, D)]
        yield Picture("steps and memory", Table(columns=["", "steps", "numbers kept"], rows=[row]))


class Way:
    """Weights after each step, worked out as far as they are asked for."""

    def __init__(self, running: Iterator[Tensor]):
        self.running, self.known = running, []

    def until(self, step: int) -> Tensor:
        """From the start to `step`, (step + 1, D)."""
        self.known += islice(self.running, max(0, step + 1 - len(self.known)))
        return torch.stack(self.known[: step + 1])


def kept(method: str, D: int) -> int:
    """How many numbers a method remembers for D weights beside these."""
    blocks = sum(len(block) ** 2 for block in torch.arange(D).split(BLOCK))
    return {"gd": 0, "lbfgs": 2 * MEMORY * D, "bounded": 2 * MEMORY * D, "blocks": blocks}.get(method, D * D)
