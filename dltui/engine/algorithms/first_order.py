"""First-order methods: a step is made of the gradient and what is remembered of earlier ones, as the papers have it.

w: weights, g: gradient, alpha or mu: learning rate. In Adagrad and RMSProp eps^2 stands under the root; torch adds eps
to the root, which makes no difference where gradients are greater than eps. A gradient that is too long may be clipped
first (Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063).
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.surfaces import named
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.contour import contour
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Table

NEEDS_DATA = False
LIVE = ("lr_factor", "noise", "threshold", "outliers")
METRICS = {
    "excess_loss": Metric(
        "mean height left, as a share of the start's, at most 2", better="lower", progress=True, log=True
    ),
    "arrived": Metric(
        "surfaces on which it has come within a hundredth of the start's height",
        better="higher",
        whole=True,
        unit="surfaces",
    ),
    "error": Metric("greatest distance of any step so far from that of torch's optimizer", better="lower", check=True),
    "thrown": Metric(
        "surfaces whose map the weights have left so far", better="lower", range=(0, None), whole=True, unit="surfaces"
    ),
    "clipped_norm": Metric("greatest norm so far of a gradient after clipping"),
    "angle": Metric("greatest angle so far between a gradient and what clipping made of it", unit="degrees"),
}
RHO = 0.9  # share of the old velocity that is kept
GAMMA = 0.9  # share of the old mean of squares that is kept
BETAS = (0.9, 0.999)  # the same for Adam's two means
DECAY = 0.01  # of AdamW
EPS = 1e-10  # of Adagrad and RMSProp
NEAR = 0.01  # of the start's height: arrived
LOST = 2.0  # shares are cut here: higher than twice the start, or nowhere
OUTLIER = 1000.0  # times that a gradient among outliers is too long
HIGHEST = 1e6  # norms are cut there, or the others could not be seen beside them
Gradient = Callable[[Tensor], Tensor]
Memory = dict[str, Tensor]


def build(
    *,
    method: Literal["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw"] = "gd",
    surfaces: list[str] = ("ravine", "rosenbrock", "saddle", "beale", "many", "bowl"),
    lr_factor: float = 1.0,
    noise: float = 0.0,
    outliers: float = 0.0,
    clip: Literal["none", "norm", "value"] = "none",
    threshold: float = 1.0,
) -> Callable[[Context], "FirstOrder"]:
    """One method goes down on several surfaces, on each from its start; every step is compared with torch's.

    method: rule by which a gradient becomes a step.
    surfaces: those that it goes down on, of ravine, rosenbrock, saddle, beale, many, bowl, cliff.
    lr_factor: what the method's own learning rate is multiplied by, above 0.
    noise: standard deviation of what is added to the gradients, at least 0; at the cliff nothing is.
    outliers: share of the gradients, noise included, that are 1000 times too long, at least 0, at most 1; none at the
        cliff.
    clip: norm shortens a gradient that is too long; value cuts each of its numbers by itself.
    threshold: c, the norm or number that a clipped gradient may have at most, above 0.
    """
    return lambda context: FirstOrder(method, list(surfaces), lr_factor, noise, outliers, clip, threshold)


def clipped(g: Tensor, c: float, by: str) -> Tensor:
    """g (..., D) -> (..., D). norm: c g / ||g|| where ||g|| > c; value: c sign(g_i) where |g_i| > c."""
    if by == "none":
        return g
    sizes = g.norm(dim=-1, keepdim=True) if by == "norm" else g.abs()
    return torch.where(sizes > c, c * g / sizes, g)


def angles(a: Tensor, b: Tensor) -> Tensor:
    """a, b (..., 2) -> the angle between them in degrees; 0 where one has no direction."""
    across = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return torch.rad2deg(torch.atan2(across, (a * b).sum(-1)).abs()).nan_to_num(0.0)


def descend(w: Tensor, gradient: Gradient, s: Memory, alpha: float) -> Tensor:
    """Gradient descent (Cauchy 1847). With the gradient of a part of the rows: stochastic (Robbins and Monro 1951)."""
    return w - alpha * gradient(w)


def momentum(w: Tensor, gradient: Gradient, s: Memory, alpha: float) -> Tensor:
    """Polyak 1964: the velocity v keeps the directions that many gradients share."""
    s["v"] = RHO * s["v"] + gradient(w)
    return w - alpha * s["v"]


def nesterov(w: Tensor, gradient: Gradient, s: Memory, alpha: float) -> Tensor:
    """Nesterov 1983: the gradient is taken where the velocity will have carried w."""
    s["v"] = RHO * s["v"] - gradient(ahead(w, s["v"], alpha))
    return w + alpha * s["v"]


def ahead(w: Tensor, v: Tensor, alpha: float) -> Tensor:
    """Where Nesterov's velocity v will carry w; the weights that torch's implementation holds."""
    return w + alpha * RHO * v


def adagrad(w: Tensor, gradient: Gradient, s: Memory, mu: float, eps: float = EPS**2) -> Tensor:
    """Duchi, Hazan, Singer 2011: every weight has a rate of its own, the smaller the more it has been moved."""
    g = gradient(w)
    s["G"] = s["G"] + g**2
    return w - mu * g / torch.sqrt(s["G"] + eps)


def rmsprop(w: Tensor, gradient: Gradient, s: Memory, mu: float, eps: float = EPS**2) -> Tensor:
    """Hinton 2012: the same with a mean that forgets."""
    g = gradient(w)
    s["E"] = GAMMA * s["E"] + (1 - GAMMA) * g**2
    return w - mu * g / torch.sqrt(s["E"] + eps)


def adadelta(w: Tensor, gradient: Gradient, s: Memory, mu: float, eps: float = 1e-6) -> Tensor:
    """Zeiler 2012, arXiv:1212.5701: the mean of its own steps stands in the place of a rate; mu is 1."""
    g = gradient(w)
    s["E"] = GAMMA * s["E"] + (1 - GAMMA) * g**2
    dw = -torch.sqrt(s["D"] + eps) / torch.sqrt(s["E"] + eps) * g  # RMS[dw] before this step, RMS[g] with it
    s["D"] = GAMMA * s["D"] + (1 - GAMMA) * dw**2
    return w + mu * dw


def adam(w: Tensor, gradient: Gradient, s: Memory, mu: float, eps: float = 1e-8) -> Tensor:
    """Kingma and Ba 2015, arXiv:1412.6980: means of g and of g^2, both corrected for having begun at 0."""
    g, (g1, g2) = gradient(w), BETAS
    s["k"] = s["k"] + 1
    s["m"] = g1 * s["m"] + (1 - g1) * g
    s["b"] = g2 * s["b"] + (1 - g2) * g**2
    m, b = s["m"] / (1 - g1 ** s["k"]), s["b"] / (1 - g2 ** s["k"])
    return w - mu * m / (torch.sqrt(b) + eps)


def adamw(w: Tensor, gradient: Gradient, s: Memory, mu: float) -> Tensor:
    """Loshchilov and Hutter 2019, arXiv:1711.05101: the weights decay beside Adam's step, not through it."""
    return adam(w, gradient, s, mu) - mu * DECAY * w


class Method(NamedTuple):
    """`step(w, gradient, memory, lr)` returns the next w and changes the memory, which begins as zeros."""

    step: Callable[[Tensor, Gradient, Memory, float], Tensor]
    lr: float  # that suits it on the surfaces; Adadelta needs none
    remembers: tuple[str, ...] = ()


METHODS = {
    "gd": Method(descend, 0.1),
    "momentum": Method(momentum, 0.03, ("v",)),
    "nesterov": Method(nesterov, 0.03, ("v",)),
    "adagrad": Method(adagrad, 0.5, ("G",)),
    "rmsprop": Method(rmsprop, 0.03, ("E",)),
    "adadelta": Method(adadelta, 1.0, ("E", "D")),
    "adam": Method(adam, 0.08, ("k", "m", "b")),
    "adamw": Method(adamw, 0.08, ("k", "m", "b")),
}


class FirstOrder(nn.Module):
    """A method at places `w` (S, 2), one a surface, and what it remembers there; no place acts on another.

    Its trail (S, 3) holds with each place the norm of the gradient that led there, before it was clipped.
    """

    done = False

    def __init__(
        self,
        method: str,
        surfaces: list[str],
        lr_factor: float,
        noise: float,
        outliers: float,
        clip: str,
        threshold: float,
    ):
        super().__init__()
        self.name, self.method, self.lr_factor = method, METHODS[method], lr_factor
        self.noise, self.outliers, self.clip, self.threshold = noise, outliers, clip, threshold
        self.surfaces, start = named(surfaces)  # start (S, 2)
        lowest = torch.tensor([surface.minima[0] for surface in self.surfaces.values()], dtype=torch.float64)
        self.floor = self.heights(lowest)  # (S,)
        self.depth = self.heights(start) - self.floor
        self.noisy = torch.tensor([[name != "cliff"] for name in surfaces])  # (S, 1)
        self.trail = Trajectory(torch.cat([start, torch.full((len(start), 1), torch.nan)], 1))
        self.register_buffer("w", start)
        for key in self.method.remembers:
            self.register_buffer(f"memory_{key}", torch.zeros_like(start))
        self.register_buffer("arrival", torch.full((len(start),), -1))
        self.register_buffer("thrown", torch.zeros(len(start), dtype=torch.bool))
        for measured in ("error", "clipped_norm", "angle"):
            self.register_buffer(measured, torch.zeros((), dtype=torch.float64))
        self.register_buffer("steps", torch.tensor(0))

    def heights(self, w: Tensor) -> Tensor:
        """w (S, 2) -> (S,)."""
        return torch.stack([surface.height(w[k]) for k, surface in enumerate(self.surfaces.values())])

    def drawn_gradient(self) -> Gradient:
        """Returns w (S, 2) -> the gradient (S, 2) with this step's noise and outliers, drawn once for every w."""
        added = self.noise * torch.randn(self.w.shape, dtype=self.w.dtype) * self.noisy if self.noise else 0.0
        factor = 1.0
        if self.outliers:
            factor = torch.where((torch.rand(len(self.w), 1) < self.outliers) & self.noisy, OUTLIER, 1.0)

        def gradient(w: Tensor) -> Tensor:
            with torch.enable_grad():
                w = w.detach().requires_grad_()
                return factor * (torch.autograd.grad(self.heights(w).sum(), w)[0] + added)

        return gradient

    def step(self) -> None:
        """One step on every surface, compared with that of torch."""
        before = {key: self.get_buffer(f"memory_{key}") for key in self.method.remembers}
        memory, lr = dict(before), self.method.lr * self.lr_factor
        drawn = self.drawn_gradient()
        raw: list[Tensor] = []

        def gradient(at: Tensor) -> Tensor:
            raw.append(drawn(at))
            return clipped(raw[-1], self.threshold, self.clip)

        new = self.method.step(self.w, gradient, memory, lr)
        used = clipped(raw[0], self.threshold, self.clip)
        # torch's Nesterov takes its gradient at the weights that it holds; all others hold the same as we do
        g = gradient(held(self.name, self.w, before, lr)) if self.name == "nesterov" else used
        ours, theirs = held(self.name, new, memory, lr), torchs_step(self.name, self.w, g, before, lr)
        apart = (theirs - ours).abs() / ours.abs().clamp(min=1)
        if apart.isfinite().all():  # what has been thrown out of the map is compared no more
            self.error = torch.maximum(self.error, apart.max())
        self.clipped_norm = torch.maximum(self.clipped_norm, used.norm(dim=1).nan_to_num(HIGHEST).max())
        self.angle = torch.maximum(self.angle, angles(raw[0], used).max())
        self.w = new
        for key, value in memory.items():
            setattr(self, f"memory_{key}", value)
        self.steps += 1
        self.arrival[(self.shares() < NEAR) & (self.arrival < 0)] = self.steps
        self.thrown |= torch.stack([~each.holds(w) for each, w in zip(self.surfaces.values(), self.w, strict=True)])
        self.trail.add(int(self.steps), torch.cat([self.w, raw[0].norm(dim=1, keepdim=True)], 1))

    def shares(self) -> Tensor:
        """(S,): the height that is left, as a share of the start's, in 0..LOST."""
        return ((self.heights(self.w) - self.floor) / self.depth).nan_to_num(LOST, LOST, LOST).clamp(0, LOST)

    def evaluate(self) -> dict[str, float]:
        """How far down it is, how far from torch, and what became of its gradients."""
        counts = {"arrived": (self.arrival >= 0).sum().item(), "thrown": self.thrown.sum().item()}
        measured = {name: self.get_buffer(name).item() for name in ("error", "clipped_norm", "angle")}
        return {"excess_loss": self.shares().mean().item()} | counts | measured

    def pictures(self) -> Iterator[Picture]:
        """Each surface with the way on it; the steps that it took to arrive; and the norms of the gradients."""
        for k, (name, surface) in enumerate(self.surfaces.items()):
            yield Picture(name, contour(surface, {self.name: self.trail.values[:, k, :2]}))
        steps = (str(step) if step >= 0 else "-" for step in self.arrival.tolist())
        yield Picture("steps to arrive", Table(columns=["", *self.surfaces], rows=[[self.name, *steps]]))
        for k, name in enumerate(self.surfaces):
            yield Picture(f"gradients: {name}", self._norms(k))

    def _norms(self, k: int) -> Lines:
        x, norms = self.trail.steps, self.trail.values[:, k, 2].clamp(max=HIGHEST)  # NaN at the start: a gap
        curves = {self.name: (x, norms)}
        if self.clip != "none":
            curves[f"c = {self.threshold:g}"] = x[[0, -1]], [self.threshold] * 2
        return lines(curves, x_title="step", y_title="norm of the gradient, before it is clipped", log_y=True)


def torchs_step(name: str, w: Tensor, g: Tensor, memory: Memory, lr: float) -> Tensor:
    """Returns what torch's optimizer makes of w (S, 2), the gradient g and what it is given to remember."""
    weights = nn.Parameter(held(name, w, memory, lr).clone())
    optimizer = {
        "gd": lambda p: torch.optim.SGD(p, lr),
        "momentum": lambda p: torch.optim.SGD(p, lr, momentum=RHO),
        "nesterov": lambda p: torch.optim.SGD(p, lr, momentum=RHO, nesterov=True),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr, eps=EPS),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr, alpha=GAMMA, eps=EPS),
        "adadelta": lambda p: torch.optim.Adadelta(p, lr, rho=GAMMA),
        "adam": lambda p: torch.optim.Adam(p, lr, betas=BETAS),
        "adamw": lambda p: torch.optim.AdamW(p, lr, betas=BETAS, weight_decay=DECAY),
    }[name]([weights])
    names = {"v": "momentum_buffer", "G": "sum", "E": "square_avg", "D": "acc_delta", "m": "exp_avg", "b": "exp_avg_sq"}
    state = {names[key]: value.clone() for key, value in memory.items() if key in names}
    if name == "nesterov":
        state["momentum_buffer"] = -state["momentum_buffer"]  # torch's velocity points uphill
    if name not in ("gd", "momentum", "nesterov"):
        state["step"] = memory["k"].flatten()[0].float() if "k" in memory else torch.tensor(0.0)
    optimizer.state[weights] = state
    weights.grad = g.clone()
    optimizer.step()
    return weights.detach()


def held(name: str, w: Tensor, memory: Memory, lr: float) -> Tensor:
    """The weights as torch holds them: Nesterov's are those where the velocity will have carried ours."""
    return ahead(w, memory["v"], lr) if name == "nesterov" else w
