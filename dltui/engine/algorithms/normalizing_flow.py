"""A normalizing flow in the plane: an invertible net makes noise of data, so that the density of data is known (Rezende
and Mohamed 2015, arXiv:1505.05770; Dinh, Sohl-Dickstein, Bengio 2017, arXiv:1605.08803).
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.coupling import Flow, log_normal
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks, Path
from dltui.runs.payloads import Field, Scatter

METRICS = {
    "loss": Metric("mean negative log density of a batch", better="lower", progress=True, rows="train"),
    "log_likelihood": Metric("mean log density of a test point", better="higher", unit="nats", rows="test"),
    "inverse_error": Metric(
        "greatest distance of a test point from itself after the way to noise and back", better="lower",
        range=(0, None), rows="test",
    ),
    "mass": Metric("sum of the density over a fine grid, times the area of a cell: 1 for a density", range=(0, None)),
    "mass_error": Metric("|mass - 1|", better="lower", range=(0, None)),
}  # fmt: skip
SIDE, CELLS = 5.0, 250  # of the square over which the density is summed
SHOWN, PIXELS = 2.6, 64  # of the square that is drawn
LINES, STRETCH = 7, 2.0  # of the grid in the noise each way; how far it reaches
POINTS = 300  # test points that are drawn


def build(
    *, couplings: int = 8, hidden: int = 32, count_volume: bool = True, batch: int = 256, lr: float = 0.005
) -> Callable[[Context], "NormalizingFlow"]:
    """Each step raises the log density of a batch of training points.

    couplings: layers that bend the plane, at least 0, at most 64; with 0 it is only stretched and moved: one Gaussian.
    hidden: units of each of a layer's two hidden layers, at least 1.
    count_volume: whether the loss counts how areas change, the determinant; the measures always do.
    batch: points of a step, at least 1.
    lr: learning rate of Adam, above 0; it falls with the root of the steps.
    """
    return lambda context: NormalizingFlow(context.rows.plane(), couplings, hidden, count_volume, batch, lr)


class NormalizingFlow(nn.Module):
    """A flow from points x (N, 2) to noise z (N, 2)."""

    done = False  # it may always go on

    def __init__(self, rows: Rows, couplings: int, hidden: int, count_volume: bool, batch: int, lr: float):
        super().__init__()
        self.x, self.test = rows.train.inputs, rows.test.inputs
        self.count_volume, self.batch, self.lr = count_volume, batch, lr
        self.flow = Flow(2, couplings, hidden).to(rows.device)
        self.adam = AdamInBuffers(self.flow.parameters(), lr)

    def step(self) -> dict[str, float]:
        """Moves the weights once."""
        x = self.x[torch.randint(len(self.x), (self.batch,)).to(self.x.device)]
        self.adam.lr = self.lr / (1 + int(self.adam.steps) / 300) ** 0.5
        with torch.enable_grad():
            z, log_det = self.flow(x)
            loss = -(log_normal(z) + log_det * self.count_volume).mean()
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        z, _ = self.flow(self.test)
        mass = self._density(SIDE, CELLS).sum().item() * (2 * SIDE / CELLS) ** 2
        return {
            "log_likelihood": self.flow.log_prob(self.test).mean().item(),
            "inverse_error": (self.flow.inverse(z) - self.test).norm(dim=1).max().item(),
            "mass": mass,
            "mass_error": abs(mass - 1),
        }

    def _density(self, side: float, cells: int) -> Tensor:
        """The density at the middles of cells (cells, cells) of the square -side..side, from its top row."""
        middles = (torch.arange(cells, device=self.x.device) + 0.5) * (2 * side / cells) - side
        at = torch.cartesian_prod(middles.flip(0), middles).flip(1)
        return self.flow.log_prob(at).exp().view(cells, cells)

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """A grid of the noise, bent to where the data are; the density; the data as noise."""
        few = self.test[:POINTS]
        yield Picture("grid", self._scatter(few, "data", self._bent_grid()))
        density = self._density(SHOWN, PIXELS)
        x, y = few.T.cpu().numpy()
        yield Picture("density", Field(
            values=(density / density.max().clamp(min=1e-30)).cpu().numpy(), x=np.array([-SHOWN, SHOWN]),
            y=np.array([-SHOWN, SHOWN]), points=Marks(x=x[:0], y=y[:0], label=np.zeros(0, np.int64)),
            classes=["none", "dense"], x_title="x1", y_title="x2",
        ))  # fmt: skip
        yield Picture("data as noise", self._scatter(self.flow(few)[0], "z", []))

    def _bent_grid(self) -> list[Path]:
        """Straight lines of the noise, where they lie among the data."""
        along = torch.linspace(-STRETCH, STRETCH, 80, device=self.x.device)
        paths = []
        for value in torch.linspace(-STRETCH, STRETCH, LINES).tolist():
            for upright in (True, False):
                line = torch.stack([torch.full_like(along, value), along], 1)
                x, y = self.flow.inverse(line if upright else line.flip(1)).T.cpu().numpy()
                paths.append(Path(x=x, y=y, name="z1 fixed" if upright else "z2 fixed"))
        return paths

    def _scatter(self, points: Tensor, name: str, paths: list[Path]) -> Scatter:
        x, y = points.T.cpu().numpy()
        return Scatter(
            x=x, y=y, label=np.zeros(len(x), np.int64), classes=[name], paths=paths or None, x_title="x1", y_title="x2"
        )
