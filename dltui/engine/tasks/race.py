"""A race of optimizers over landscapes: each from the same start, its trail on a map of the heights."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.descent import BETAS, DECAY, EPS, GAMMA, METHODS, RHO, ahead
from dltui.engine.algorithms.surfaces import SURFACES
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("rate", "noise")
METRICS = {
    "loss_gd": Metric(
        "height that is left above the least place, as a share of the start's, mean of the maps; so for all",
        better="lower",
        progress=True,
    ),
    "loss_sgd": Metric("the same for gradient descent with noise in its gradients", better="lower", progress=True),
    "loss_momentum": Metric("the same for momentum", better="lower", progress=True),
    "loss_nesterov": Metric("the same for Nesterov's momentum", better="lower", progress=True),
    "loss_adagrad": Metric("the same for Adagrad", better="lower", progress=True),
    "loss_rmsprop": Metric("the same for RMSProp", better="lower", progress=True),
    "loss_adadelta": Metric("the same for Adadelta", better="lower", progress=True),
    "loss_adam": Metric("the same for Adam", better="lower", progress=True),
    "loss_adamw": Metric("the same for AdamW", better="lower", progress=True),
    "arrived": Metric("optimizers that have come within a hundredth of the start's height, counted over all maps"),
    "error": Metric(
        "greatest distance of any step so far from the step of torch's own optimizer, as a share where w is large",
        better="lower",
    ),
}
# each with a rate that suits it; Adadelta has none
RATES = {
    "gd": 0.1, "sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.5, "rmsprop": 0.03, "adadelta": 1.0,
    "adam": 0.08, "adamw": 0.08,
}  # fmt: skip
NEAR = 0.01  # of the start's height: arrived
LOST = 2.0  # shares are cut here: higher than twice the start, or nowhere
KEPT = 513  # points of a trail; when there are more every third one is kept: an odd number, or a zigzag would vanish
FARTHEST = 1e4  # from the map: a file's half precision holds no more
WIDE, HIGH = 60, 40  # points of a map


def build(
    *,
    surfaces: list[str] = ("ravine", "rosenbrock", "saddle", "beale", "many", "bowl"),
    rate: float = 1.0,
    noise: float = 0.3,
) -> Callable:
    """Returns (data, nets, device) -> Race.

    surfaces: maps to race on, of ravine, rosenbrock, saddle, beale, many, bowl.
    rate: by how much every optimizer's own learning rate is multiplied, above 0.
    noise: standard deviation of what is added to the gradients of sgd, at least 0.
    """
    return partial(Race, surfaces=surfaces, rate=rate, noise=noise)


class Race:
    """A step is one of every optimizer on every map."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        surfaces: list[str],
        rate: float,
        noise: float,
    ):
        for name in surfaces:
            if name not in SURFACES:
                hint = f"{did_you_mean(name, SURFACES)} Example: task.surfaces=['beale']".strip()
                raise DltuiError(f'task.surfaces: there is no map "{name}".', hint, ExitStatus.USAGE)
        if not surfaces:
            raise DltuiError("task.surfaces names no map.", f"Valid: {', '.join(SURFACES)}.", ExitStatus.USAGE)
        self.surfaces, self.rate, self.noise = {name: SURFACES[name] for name in surfaces}, rate, noise
        start = torch.tensor([surface.start for surface in self.surfaces.values()], dtype=torch.float64)  # (S, 2)
        self.state = nets["state"] = State(start)
        self.place = nets["place"] = Counters(kept=1, every=1, step=0)
        least = torch.tensor([surface.least[0] for surface in self.surfaces.values()], dtype=torch.float64)
        self.floor = self.heights(least)  # (S,)
        self.start_height = self.heights(start) - self.floor

    def heights(self, w: Tensor) -> Tensor:
        """w (..., S, 2) -> (..., S)."""
        return torch.stack([surface.height(w[..., k, :]) for k, surface in enumerate(self.surfaces.values())], -1)

    def gradient(self, w: Tensor) -> Tensor:
        """w (S, 2) -> (S, 2)."""
        with torch.enable_grad():
            w = w.detach().requires_grad_()
            return torch.autograd.grad(self.heights(w).sum(), w)[0]

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        for k, name in enumerate(METHODS):
            self._take_step(k, name)
        reached = (self.shares() < NEAR) & (self.state.arrival < 0)
        self.state.arrival[reached] = step
        self._keep(step)
        return {}

    def _take_step(self, k: int, name: str) -> None:
        """One optimizer's step on all maps, and how far torch's would have been from it."""
        w, method, alpha = self.state.w[k], METHODS[name], RATES[name] * self.rate
        remembered = {key: self.state.remembered(name, key) for key in method.remembers}
        before = {key: value.clone() for key, value in remembered.items()}
        used: list[Tensor] = []

        def gradient(at: Tensor) -> Tensor:
            g = self.gradient(at)
            used.append(g + self.noise * torch.randn_like(g) if name == "sgd" else g)
            return used[-1]

        new = method.step(w, gradient, remembered, alpha)
        ours = held(name, new, remembered, alpha)
        # torch's Nesterov takes its gradient at the weights that it holds; all others hold the same as we do
        g = self.gradient(held(name, w, before, alpha)) if name == "nesterov" else used[0]
        apart = (torchs_step(name, w, g, before, alpha) - ours).abs() / ours.abs().clamp(min=1)
        if apart.isfinite().all():  # what has been thrown out of the map is compared no more
            self.state.error.copy_(torch.maximum(self.state.error, apart.max()))
        w.copy_(new)
        for key, value in remembered.items():
            self.state.remembered(name, key).copy_(value)

    def _keep(self, step: int) -> None:
        """The trails, thinned where they grow long."""
        if step % self.place["every"]:
            return
        if self.place["kept"] == KEPT:
            self.state.trajectory[: KEPT // 3] = self.state.trajectory[::3].clone()
            self.place["kept"], self.place["every"] = KEPT // 3, 3 * self.place["every"]
            if step % self.place["every"]:
                return
        self.state.trajectory[self.place["kept"]] = self.state.w
        self.place["kept"] += 1

    def shares(self) -> Tensor:
        """(optimizers, S): the height that is left, as a share of the start's, in 0..LOST."""
        left = (self.heights(self.state.w) - self.floor) / self.start_height
        return left.nan_to_num(LOST, LOST, LOST).clamp(0, LOST)

    def evaluate(self) -> dict[str, float]:
        shares = self.shares()
        found = {f"loss_{name}": shares[k].mean().item() for k, name in enumerate(METHODS)}
        arrived = (self.state.arrival >= 0).sum().item()
        return {**found, "arrived": arrived, "error": self.state.error.item()}

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        trajectories = torch.cat(
            [self.state.trajectory[: self.place["kept"]], self.state.w[None]]
        )  # (T, optimizers, S, 2)
        trajectories = trajectories.clamp(-FARTHEST, FARTHEST)
        for k, (name, surface) in enumerate(self.surfaces.items()):
            xs, ys = torch.linspace(*surface.x, WIDE), torch.linspace(*surface.y[::-1], HIGH)
            heights = surface.height(torch.cartesian_prod(ys, xs).flip(1)).view(HIGH, WIDE)
            x, y = trajectories[:, :, k].permute(2, 1, 0).numpy()  # (optimizers, T)
            payload = {"type": "contour", "values": heights.numpy(), "x": list(surface.x), "y": list(surface.y)}
            marks = {"x": [at[0] for at in surface.least], "y": [at[1] for at in surface.least]}
            yield Picture(name, payload | {"names": list(METHODS), "trail_x": x, "trail_y": y, "marks": marks})
        yield Picture("steps to arrive", self._table())

    def _table(self) -> dict:
        rows = []
        for name, arrived in zip(METHODS, self.state.arrival.tolist(), strict=True):
            rows.append([name, *(str(step) if step >= 0 else "-" for step in arrived)])
        return {"type": "table", "columns": ["", *self.surfaces], "rows": rows}


class State(nn.Module):
    """Where every optimizer stands on every map, what it remembers, where it was, and when it arrived."""

    def __init__(self, start: Tensor):
        """start: (S, 2)."""
        super().__init__()
        self.register_buffer("w", start.repeat(len(METHODS), 1, 1))  # (optimizers, S, 2)
        for name, method in METHODS.items():
            for key in method.remembers:
                self.register_buffer(f"{name}_{key}", torch.zeros_like(start))
        self.register_buffer("trajectory", start.repeat(KEPT, len(METHODS), 1, 1))
        self.register_buffer("arrival", torch.full((len(METHODS), len(start)), -1))
        self.register_buffer("error", torch.zeros((), dtype=torch.float64))

    def remembered(self, name: str, key: str) -> Tensor:
        return self.get_buffer(f"{name}_{key}")


# -- torch's own steps, to compare with --------------------------------------------------------------------------------


def torchs_step(name: str, w: Tensor, g: Tensor, remembered: dict[str, Tensor], alpha: float) -> Tensor:
    """Returns what torch's optimizer makes of w (S, 2), the gradient g and what it is given to remember."""
    weights = nn.Parameter(held(name, w, remembered, alpha).clone())
    make = {
        "gd": lambda p: torch.optim.SGD(p, alpha),
        "sgd": lambda p: torch.optim.SGD(p, alpha),
        "momentum": lambda p: torch.optim.SGD(p, alpha, momentum=RHO),
        "nesterov": lambda p: torch.optim.SGD(p, alpha, momentum=RHO, nesterov=True),
        "adagrad": lambda p: torch.optim.Adagrad(p, alpha, eps=EPS),
        "rmsprop": lambda p: torch.optim.RMSprop(p, alpha, alpha=GAMMA, eps=EPS),
        "adadelta": lambda p: torch.optim.Adadelta(p, alpha, rho=GAMMA),
        "adam": lambda p: torch.optim.Adam(p, alpha, betas=BETAS),
        "adamw": lambda p: torch.optim.AdamW(p, alpha, betas=BETAS, weight_decay=DECAY),
    }
    optimizer = make[name]([weights])
    names = {"v": "momentum_buffer", "G": "sum", "E": "square_avg", "D": "acc_delta", "m": "exp_avg", "b": "exp_avg_sq"}
    state = {names[key]: value.clone() for key, value in remembered.items() if key in names}
    if name == "nesterov":
        state["momentum_buffer"] = -state["momentum_buffer"]  # torch's velocity points uphill
    if name not in ("gd", "sgd", "momentum", "nesterov"):
        state["step"] = remembered["k"].flatten()[0].float() if "k" in remembered else torch.tensor(0.0)
    optimizer.state[weights] = state
    weights.grad = g.clone()
    optimizer.step()
    return weights.detach()


def held(name: str, w: Tensor, remembered: dict[str, Tensor], alpha: float) -> Tensor:
    """The weights as torch holds them: Nesterov's are those where the velocity will have carried ours."""
    return ahead(w, remembered["v"], alpha) if name == "nesterov" else w
