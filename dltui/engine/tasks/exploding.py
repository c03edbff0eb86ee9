"""Gradients that explode: an outlier in a batch, a cliff in the loss, and what clipping makes of both."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.clipping import CLIPPINGS
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("clip", "rate", "outliers")
METRICS = {
    "loss_outliers_none": Metric(
        "loss on rows without outliers, as a share of the start's, not clipped; so for all",
        better="lower",
        progress=True,
    ),
    "loss_outliers_global": Metric("the same, clipped by the norm", better="lower", progress=True),
    "loss_outliers_local": Metric("the same, clipped number by number", better="lower", progress=True),
    "loss_cliff_none": Metric(
        "loss at the cliff, as a share of the start's, median of all starts", better="lower", progress=True
    ),
    "loss_cliff_global": Metric("the same", better="lower", progress=True),
    "loss_cliff_local": Metric("the same", better="lower", progress=True),
    "thrown_none": Metric("share of the starts at the cliff from which the weights have been thrown off the map"),
    "thrown_global": Metric("the same"),
    "thrown_local": Metric("the same"),
    "longest_none": Metric("norm of the longest gradient that a step was made of, both maps"),
    "longest_global": Metric("the same"),
    "longest_local": Metric("the same"),
    "turned_global": Metric("greatest angle so far between a gradient and what clipping made of it, in degrees"),
    "turned_local": Metric("the same"),
}
TRUE = (1.0, -0.5)  # weights that the rows are drawn with
NOISE = 0.1  # of their targets
BATCH = 16
DEPTH = 50  # times that the unit at the cliff is fed its own output
WANTED = 0.7  # output of that unit in the end
# name -> (x, y: what is shown, start, least place); the cliff has a valley of least places, so none is marked
MAPS = {
    "outliers": ((-3.0, 3.0), (-3.0, 3.0), (-1.5, 1.2), TRUE),
    "cliff": ((3.0, 7.5), (-4.5, 0.0), (5.6, -2.6), None),
}
STARTS = 24  # at the cliff, side by side: where one bounces off it is chance
SCATTER = 0.05  # deviation of these starts
RATES = torch.tensor([0.1, *[0.5] * STARTS], dtype=torch.float64)[:, None]  # of the outliers' map and of the cliff's
KEPT = 500  # steps that are drawn, the latest
WIDE, HIGH = 60, 40  # points of a map
FARTHEST = 1e4  # from the map: a file's half precision holds no more
HIGHEST = 1e6  # norms are cut there, or the others could not be seen beside them


def build(*, clip: float = 1.0, rate: float = 1.0, outliers: float = 0.02, size: float = 25.0) -> Callable:
    """Returns (data, nets, device) -> Exploding.

    clip: c, norm or number that a gradient may have at most, above 0.
    rate: by how much the learning rates are multiplied, above 0.
    outliers: share of the rows whose inputs are far too large, at least 0, at most 1.
    size: how many times too large they are, at least 1.
    """
    return partial(Exploding, clip=clip, rate=rate, outliers=outliers, size=size)


class Exploding:
    """Three descents from each start, one not clipped, two clipped: one start among outliers, S at the cliff."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        clip: float,
        rate: float,
        outliers: float,
        size: float,
    ):
        self.clip, self.rate, self.outliers, self.size = clip, rate, outliers, size
        self.state = nets["state"] = State()
        self.place = nets["place"] = Counters(kept=1, step=0)
        self.start = losses(self.state.w[0].clone())  # (1 + S,)

    def advance(self, step: int) -> dict[str, float]:
        state = self.state
        x, y = batch(self.outliers, self.size)
        gradients = torch.cat([slope(state.w[:, :1], x, y), cliff_slope(state.w[:, 1:])], 1)  # (3, 1 + S, 2)
        norms = gradients.norm(dim=2)
        used = torch.stack([
            torch.stack([clipped(g, self.clip) for g in row])
            for row, clipped in zip(gradients, CLIPPINGS.values(), strict=True)
        ])  # fmt: skip
        new = state.w - self.rate * RATES * used
        finite = new.isfinite().all(2, keepdim=True)
        state.w.copy_(torch.where(finite, new, state.w))  # beyond all numbers: it stays where it was last
        state.longest.copy_(torch.maximum(state.longest, used.norm(dim=2).nan_to_num(0.0).amax(1)))
        state.turned.copy_(torch.maximum(state.turned, angles(gradients, used).amax(1)))
        self._keep(step, norms)
        return {}

    def _keep(self, step: int, norms: Tensor) -> None:
        if self.place["kept"] == KEPT:
            for memory in (self.state.trajectory, self.state.norms):
                memory.copy_(memory.roll(-1, 0))
            self.place["kept"] -= 1
        self.state.trajectory[self.place["kept"]] = self.state.w
        self.state.norms[self.place["kept"]] = norms
        self.place["kept"] += 1
        self.place["step"] = step

    def evaluate(self) -> dict[str, float]:
        left = losses(self.state.w) / self.start  # (3, 1 + S)
        x, y = self.state.w[:, 1:].unbind(-1)  # (3, S) each
        (x_least, x_most), (y_least, y_most), *_ = MAPS["cliff"]
        thrown = (x < x_least) | (x > x_most) | (y < y_least) | (y > y_most)
        found = {}
        for row, name in enumerate(CLIPPINGS):
            found[f"loss_outliers_{name}"] = left[row, 0].item()
            found[f"loss_cliff_{name}"] = left[row, 1:].median().item()
            found[f"thrown_{name}"] = thrown[row].double().mean().item()
            found[f"longest_{name}"] = self.state.longest[row].item()
            if name != "none":
                found[f"turned_{name}"] = self.state.turned[row].item()
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Both maps with the three trails, and the norms of the gradients before they are clipped.

        At the cliff: those from the start from which the weights have been thrown farthest.
        """
        trajectory = self.state.trajectory[: self.place["kept"]].clamp(-FARTHEST, FARTHEST)  # (T, 3, 1 + S, 2)
        farthest = (self.state.w[0, 1:] - self.state.w[0, 1:].median(0).values).norm(dim=1).argmax().item()
        columns = (0, 1 + farthest)
        for column, (name, (x, y, _, least)) in zip(columns, MAPS.items(), strict=True):
            trail_x, trail_y = trajectory[:, :, column].permute(2, 1, 0).numpy()
            marks = {"x": [least[0]], "y": [least[1]]} if least else None
            payload = {"type": "contour", "values": heights(name).numpy(), "x": list(x), "y": list(y), "marks": marks}
            yield Picture(name, payload | {"names": list(CLIPPINGS), "trail_x": trail_x, "trail_y": trail_y})
        for column, name in zip(columns, MAPS, strict=True):
            yield Picture(f"gradients: {name}", self._norms(column))

    def _norms(self, column: int) -> dict:
        kept = self.place["kept"]
        x = torch.arange(kept) + self.place["step"] + 1 - kept
        norms = self.state.norms[:kept, :, column].clamp(max=HIGHEST)  # NaN at the start: a gap
        curves = [{"name": name, "x": x.numpy(), "y": norms[:, row].numpy()} for row, name in enumerate(CLIPPINGS)]
        level = {"name": f"c = {self.clip:g}", "x": x[[0, -1]].numpy(), "y": torch.full((2,), self.clip).numpy()}
        titles = {"x_title": "step", "y_title": "norm of the gradient, before it is clipped"}
        return {"type": "lines", "curves": [*curves, level], "log_y": True, **titles}


class State(nn.Module):
    """Where all the descents stand, where they were, the norms there, and what was made of them."""

    def __init__(self):
        super().__init__()
        outliers, at_cliff = (torch.tensor([start], dtype=torch.float64) for _, _, start, _ in MAPS.values())
        starts = torch.cat([outliers, at_cliff + SCATTER * torch.randn(STARTS, 2, dtype=torch.float64)])
        w = starts.repeat(len(CLIPPINGS), 1, 1)
        self.register_buffer("w", w)  # (3, 1 + S, 2)
        self.register_buffer("trajectory", w.repeat(KEPT, 1, 1, 1))
        self.register_buffer("norms", torch.full((KEPT, *w.shape[:2]), torch.nan, dtype=torch.float64))
        self.register_buffer("longest", torch.zeros(len(CLIPPINGS), dtype=torch.float64))
        self.register_buffer("turned", torch.zeros(len(CLIPPINGS), dtype=torch.float64))


# -- two losses --------------------------------------------------------------------------------------------------------


def batch(share: float, size: float) -> tuple[Tensor, Tensor]:
    """Returns x (B, 2) and y (B,); a share of the rows has inputs `size` times too large for its y."""
    x = torch.randn(BATCH, 2, dtype=torch.float64)
    y = x @ torch.tensor(TRUE, dtype=torch.float64) + NOISE * torch.randn(BATCH, dtype=torch.float64)
    return torch.where(torch.rand(BATCH, 1) < share, size * x, x), y


def slope(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., 2) -> the gradient (..., 2) of the mean of (x w - y)^2 over a batch."""
    return 2 * (w @ x.T - y) @ x / len(x)


def clean(w: Tensor) -> Tensor:
    """w (..., 2) -> what that loss is on average over rows without outliers."""
    return (w - torch.tensor(TRUE, dtype=w.dtype)).square().sum(-1) + NOISE**2


def cliff(w: Tensor) -> Tensor:
    """w (..., 2): weight and bias of a unit that is fed its own output again and again (Pascanu et al. 2013, figure 6).

    Its output is to be WANTED in the end. A small change of w, DEPTH times in a row, decides between two outputs.
    """
    weight, bias = w.unbind(-1)
    x = torch.full_like(weight, 0.5)
    for _ in range(DEPTH):
        x = weight * torch.sigmoid(x) + bias
    return (torch.sigmoid(x) - WANTED) ** 2


def cliff_slope(w: Tensor) -> Tensor:
    """w (..., 2) -> the gradient of `cliff`, through all of its repetitions."""
    with torch.enable_grad():
        w = w.detach().requires_grad_()
        return torch.autograd.grad(cliff(w).sum(), w)[0]


def losses(w: Tensor) -> Tensor:
    """w (..., 1 + S, 2) -> (..., 1 + S)."""
    return torch.cat([clean(w[..., :1, :]), cliff(w[..., 1:, :])], -1)


def heights(name: str) -> Tensor:
    """(HIGH, WIDE): a map, top row first."""
    x, y, *_ = MAPS[name]
    places = torch.cartesian_prod(torch.linspace(*y[::-1], HIGH), torch.linspace(*x, WIDE)).flip(1).double()
    return {"outliers": clean, "cliff": cliff}[name](places).view(HIGH, WIDE)


def angles(a: Tensor, b: Tensor) -> Tensor:
    """a, b (..., 2) -> the angle between them in degrees; 0 where one has no direction."""
    across = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return torch.rad2deg(torch.atan2(across, (a * b).sum(-1)).abs()).nan_to_num(0.0)
