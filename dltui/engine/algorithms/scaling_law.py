"""A scaling law: the test loss of a language model is a power of its number of weights, as long as text and steps
suffice (Kaplan et al. 2020, arXiv:2001.08361); the nets are those of Bengio et al. 2003, "A neural probabilistic
language model".

n: weights of a net without its embeddings, L(n): its test loss.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Table

METRICS = {
    "loss": Metric("training loss of a symbol, mean of the nets", better="lower", progress=True, rows="train"),
    "exponent": Metric("alpha of L(n) ~ n^-alpha, fitted to all nets but the largest", better="higher", rows="test"),
    "r2": Metric(
        "share of the variance of log L that the line explains, of all nets but the largest",
        better="higher",
        rows="test",
    ),
    "next_error": Metric("|L predicted by the line - L| / L of the largest net", better="lower", rows="test"),
    "same_error": Metric(
        "|L - L of the net before it| / L of the largest net: the error of a prediction that size does not help",
        axis="next_error",
        rows="test",
    ),
    "largest_loss": Metric("test loss of a symbol of the largest net, -ln p", better="lower", rows="test"),
}
UNITS = (2, 4, 8, 16, 32, 64)  # of the hidden layers; the last net is predicted from the others
READ, EMBEDDING = 8, 8  # symbols that a prediction is made from, numbers of each
LEAST = 100  # characters of a training text


def build(*, characters: int = 0, batch: int = 256, lr: float = 0.01) -> Callable[[Context], "ScalingLaw"]:
    """Each step trains nets of six sizes on the same batch.

    characters: of the training text that are used, its first ones, at least 0; 0 takes all, others are 100 or more.
    batch: predictions of a step, at least 1.
    lr: learning rate of Adam at the beginning, above 0; it falls evenly to zero at the end of the run.
    """
    if 0 < characters < LEAST:
        what = f"algorithm.characters={characters} is too short a text to train on."
        raise DltuiError(what, f"Take at least {LEAST}, or 0 for all of it.", ExitStatus.USAGE)
    return lambda context: ScalingLaw(context, characters, batch, lr)


def net_of(symbols: int, units: int) -> nn.Sequential:
    """Symbols (B, READ) -> logits of the next one (B, symbols)."""
    hidden = nn.Linear(READ * EMBEDDING, units)
    return nn.Sequential(nn.Embedding(symbols, EMBEDDING), nn.Flatten(), hidden, nn.Tanh(), nn.Linear(units, symbols))


class Law(NamedTuple):
    """log L = intercept - alpha log n."""

    alpha: float
    intercept: float
    r2: float

    def at(self, n: Tensor) -> Tensor:
        return (self.intercept - self.alpha * n.log()).exp()


def fitted(n: Tensor, loss: Tensor) -> Law:
    """Least squares in logarithms; n, loss (K,)."""
    x, y = n.log(), loss.log()
    dx, dy = x - x.mean(), y - y.mean()
    slope = (dx * dy).sum() / dx.square().sum()
    left = (dy - slope * dx).square().sum() / dy.square().sum().clamp(min=1e-12)
    return Law(-slope.item(), (y.mean() - slope * x.mean()).item(), 1 - left.item())


class ScalingLaw(nn.Module):
    """Nets of UNITS, trained side by side; none knows of the others."""

    done = False

    def __init__(self, context: Context, characters: int, batch: int, lr: float):
        super().__init__()
        rows, device = context.rows.running_text(), context.device
        if rows.train.stored.shape[1] < READ:
            what = f"Each net reads {READ} symbols; the rows of these data have {rows.train.stored.shape[1]}."
            raise DltuiError(what, f"Set data.length={READ} or more.", ExitStatus.USAGE)
        symbols = len(rows.vocabularies[0])
        text = rows.data.train.inputs.flatten()
        self.text = text[: characters or len(text)].to(device)
        whole = torch.cat([rows.data.test.inputs, rows.data.test.targets[:, -1:]], 1)  # (R, T + 1)
        self.test = whole.unfold(1, READ + 1, 1).flatten(0, 1).to(device)  # (N, READ + 1)
        self.nets = nn.ModuleList(net_of(symbols, units) for units in UNITS).to(device)
        self.n = torch.tensor([sum(w.numel() for w in net[1:].parameters()) for net in self.nets]).double()
        self.batch, self.lr, self.steps = batch, lr, context.steps
        self.adam = AdamInBuffers(self.nets.parameters(), lr)

    def step(self) -> dict[str, float]:
        starts = torch.randint(len(self.text) - READ, (self.batch, 1))
        rows = self.text[(starts + torch.arange(READ + 1)).to(self.text.device)]  # (batch, READ + 1)
        self.adam.lr = self.lr * max(0.0, 1 - int(self.adam.steps) / self.steps)
        with torch.enable_grad():
            loss = sum(cross_entropy(net(rows[:, :-1]), rows[:, -1]) for net in self.nets)
            self.adam.step(loss)  # a net's gradient is that of its own term
        return {"loss": loss.item() / len(UNITS)}

    @torch.no_grad()
    def losses(self) -> Tensor:
        """(nets,) float64: -ln p of a symbol of the test rows."""
        x, y = self.test[:, :-1], self.test[:, -1]
        return torch.stack([cross_entropy(net(x), y) for net in self.nets]).double().cpu()

    def evaluate(self) -> dict[str, float]:
        losses = self.losses()
        law = fitted(self.n[:-1], losses[:-1])
        largest = losses[-1]
        return {
            "exponent": law.alpha,
            "r2": law.r2,
            "next_error": ((law.at(self.n[-1]) - largest).abs() / largest).item(),
            "same_error": ((losses[-2] - largest).abs() / largest).item(),
            "largest_loss": largest.item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The losses on two logarithmic axes with the line through all but the largest net, and their numbers."""
        losses = self.losses()
        law = fitted(self.n[:-1], losses[:-1])
        yield Picture("law", self._law(losses, law))
        yield Picture("sizes", self._sizes(losses, law))

    def _law(self, losses: Tensor, law: Law) -> Lines:
        curves = {
            "fitted nets": (self.n[:-1], losses[:-1]),
            f"n^-{law.alpha:.3f}": (self.n, law.at(self.n)),
            "the largest": (self.n[-1:], losses[-1:]),
        }
        return lines(curves, x_title="weights n", y_title="test loss", log_x=True, log_y=True)

    def _sizes(self, losses: Tensor, law: Law) -> Table:
        line = law.at(self.n)
        columns = (UNITS, self.n.tolist(), losses.tolist(), line.tolist())
        rows = [
            [str(units), f"{n:,.0f}", f"{loss:.3f}", f"{on_line:.3f}", f"{on_line / loss - 1:+.1%}"]
            for units, n, loss, on_line in zip(*columns, strict=True)
        ]
        return Table(columns=["units", "weights", "test loss", "line", "error"], rows=rows)
