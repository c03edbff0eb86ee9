"""First-order methods: a step is made of the gradient and what is remembered of earlier ones, as the papers have it.

w: weights, g: gradient, alpha or mu: learning rate. In Adagrad and RMSProp eps^2 stands under the root; torch adds eps
to the root, which makes no difference where gradients are greater than eps.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.contour import Surface, contour
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

NEEDS_DATA = False
LIVE = ("lr_factor", "noise")
METRICS = {
    "excess_loss": Metric("mean height left, as a share of the start's, at most 2", better="lower", progress=True),
    "arrived": Metric("surfaces on which it has come within a hundredth of the start's height", better="higher"),
    "error": Metric("greatest distance of any step so far from that of torch's optimizer", better="lower"),
}
RHO = 0.9  # share of the old velocity that is kept
GAMMA = 0.9  # share of the old mean of squares that is kept
BETAS = (0.9, 0.999)  # the same for Adam's two means
DECAY = 0.01  # of AdamW
EPS = 1e-10  # of Adagrad and RMSProp
NEAR = 0.01  # of the start's height: arrived
LOST = 2.0  # shares are cut here: higher than twice the start, or nowhere
Gradient = Callable[[Tensor], Tensor]
Memory = dict[str, Tensor]


def build(
    *,
    method: Literal["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw"] = "gd",
    surfaces: list[str] = ("ravine", "rosenbrock", "saddle", "beale", "many", "bowl"),
    lr_factor: float = 1.0,
    noise: float = 0.0,
) -> Callable[[Context], "FirstOrder"]:
    """One method goes down on several surfaces, on each from its start; every step is compared with torch's.

    method: rule by which a gradient becomes a step.
    surfaces: those that it goes down on, of ravine, rosenbrock, saddle, beale, many, bowl.
    lr_factor: what the method's own learning rate is multiplied by, above 0.
    noise: standard deviation of what is added to the gradients, at least 0.
    """
    return lambda context: FirstOrder(method, list(surfaces), lr_factor, noise)


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


def rosenbrock(w: Tensor) -> Tensor:
    """Rosenbrock 1960: a bent valley with an almost flat floor."""
    x, y = w.unbind(-1)
    return ((1 - x) ** 2 + 100 * (y - x**2) ** 2) / 100


def beale(w: Tensor) -> Tensor:
    """Beale 1958: a plain with steep corners."""
    x, y = w.unbind(-1)
    return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2) / 20


def many(w: Tensor) -> Tensor:
    """After Rastrigin 1974: a bowl with many small pits."""
    return (w**2 / 4 + (1 - torch.cos(4 * w)) / 4).sum(-1)


def ravine(w: Tensor) -> Tensor:
    """A valley 60 times as steep across as along."""
    return (0.3 * w[..., 0] ** 2 + 18 * w[..., 1] ** 2) / 2


def saddle(w: Tensor) -> Tensor:
    """Down along y from a place without slope; lowest at y = -sqrt(2) and sqrt(2)."""
    x, y = w.unbind(-1)
    return x**2 - y**2 / 2 + y**4 / 8


# name -> surface, and the start on it
SURFACES = {
    "bowl": (Surface(lambda w: w.square().sum(-1), (-2, 2), (-2, 2), [(0, 0)]), (-1.7, 1.4)),
    "ravine": (Surface(ravine, (-2, 2), (-1, 1), [(0, 0)]), (-1.8, 0.35)),
    "saddle": (Surface(saddle, (-2, 2), (-2, 2), [(0, -(2**0.5)), (0, 2**0.5)]), (-1.6, 0.001)),
    "rosenbrock": (Surface(rosenbrock, (-2, 2), (-1, 3), [(1, 1)]), (-1.5, 2.0)),
    "beale": (Surface(beale, (-1, 4), (-1.5, 1.5), [(3, 0.5)]), (0.3, 1.2)),
    "many": (Surface(many, (-3, 3), (-3, 3), [(0, 0)]), (-2.4, 2.1)),
}


class FirstOrder(nn.Module):
    """A method at places `w` (S, 2), one a surface, and what it remembers there; no place acts on another."""

    done = False

    def __init__(self, method: str, surfaces: list[str], lr_factor: float, noise: float):
        super().__init__()
        wrong = next((name for name in surfaces if name not in SURFACES), None)
        if wrong or not surfaces:
            what = f'there is no surface "{wrong}".' if wrong else "no surface is named."
            hint = f"{did_you_mean(wrong or '', SURFACES)} Valid: {', '.join(SURFACES)}.".strip()
            raise DltuiError(f"algorithm.surfaces: {what}", hint, ExitStatus.USAGE)
        self.name, self.method, self.lr_factor, self.noise = method, METHODS[method], lr_factor, noise
        self.surfaces = {name: SURFACES[name][0] for name in surfaces}
        start = torch.tensor([SURFACES[name][1] for name in surfaces], dtype=torch.float64)  # (S, 2)
        lowest = torch.tensor([surface.minima[0] for surface in self.surfaces.values()], dtype=torch.float64)
        self.floor = self.heights(lowest)  # (S,)
        self.depth = self.heights(start) - self.floor
        self.trail = Trajectory(start)
        self.register_buffer("w", start)
        for key in self.method.remembers:
            self.register_buffer(f"memory_{key}", torch.zeros_like(start))
        self.register_buffer("arrival", torch.full((len(start),), -1))
        self.register_buffer("error", torch.zeros((), dtype=torch.float64))
        self.register_buffer("steps", torch.tensor(0))

    def heights(self, w: Tensor) -> Tensor:
        """w (S, 2) -> (S,)."""
        return torch.stack([surface.height(w[k]) for k, surface in enumerate(self.surfaces.values())])

    def gradient(self, w: Tensor) -> Tensor:
        """w (S, 2) -> (S, 2)."""
        with torch.enable_grad():
            w = w.detach().requires_grad_()
            return torch.autograd.grad(self.heights(w).sum(), w)[0]

    def step(self) -> None:
        """One step on every surface, compared with that of torch."""
        before = {key: self.get_buffer(f"memory_{key}") for key in self.method.remembers}
        memory, lr = dict(before), self.method.lr * self.lr_factor
        used: list[Tensor] = []

        def gradient(at: Tensor) -> Tensor:
            g = self.gradient(at)
            used.append(g + self.noise * torch.randn_like(g) if self.noise else g)
            return used[-1]

        new = self.method.step(self.w, gradient, memory, lr)
        # torch's Nesterov takes its gradient at the weights that it holds; all others hold the same as we do
        g = self.gradient(held(self.name, self.w, before, lr)) if self.name == "nesterov" else used[0]
        ours, theirs = held(self.name, new, memory, lr), torchs_step(self.name, self.w, g, before, lr)
        apart = (theirs - ours).abs() / ours.abs().clamp(min=1)
        if apart.isfinite().all():  # what has been thrown out of the map is compared no more
            self.error = torch.maximum(self.error, apart.max())
        self.w = new
        for key, value in memory.items():
            setattr(self, f"memory_{key}", value)
        self.steps += 1
        self.arrival[(self.shares() < NEAR) & (self.arrival < 0)] = self.steps
        self.trail.add(int(self.steps), self.w)

    def shares(self) -> Tensor:
        """(S,): the height that is left, as a share of the start's, in 0..LOST."""
        return ((self.heights(self.w) - self.floor) / self.depth).nan_to_num(LOST, LOST, LOST).clamp(0, LOST)

    def evaluate(self) -> dict[str, float]:
        """How far down it is, and how far from torch."""
        arrived = (self.arrival >= 0).sum().item()
        return {"excess_loss": self.shares().mean().item(), "arrived": arrived, "error": self.error.item()}

    def pictures(self) -> Iterator[Picture]:
        """Each surface with the way on it; then the steps that it took to arrive."""
        for k, (name, surface) in enumerate(self.surfaces.items()):
            yield Picture(name, contour(surface, {self.name: self.trail.values[:, k]}))
        steps = (str(step) if step >= 0 else "-" for step in self.arrival.tolist())
        yield Picture("steps to arrive", Table(columns=["", *self.surfaces], rows=[[self.name, *steps]]))


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
