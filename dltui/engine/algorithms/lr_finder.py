"""The learning-rate range test: the rate grows until the loss explodes, and three nets put its suggestion to the test.

Smith 2017, "Cyclical learning rates for training neural networks", arXiv:1506.01186, section 3.3.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.models import mlp
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

METRICS = {
    "lr": Metric("learning rate of the growing run, then the suggested one", log=True),
    "loss_growing": Metric(
        "training loss of a batch while the rate grows", better="lower", axis="loss_suggested", rows="train"
    ),
    "loss_suggested": Metric(
        "smoothed training loss at the suggested rate", better="lower", progress=True, rows="train"
    ),
    "loss_low": Metric(
        "smoothed training loss at the suggested rate / `apart`", better="lower", progress=True, rows="train"
    ),
    "loss_high": Metric(
        "smoothed training loss at the suggested rate * `apart`", better="lower", axis="loss_suggested", rows="train"
    ),
    "suggestion": Metric(
        "rate at which the loss falls steepest over the logarithm of the rate", axis="lr", rows="train"
    ),
    "end": Metric(
        "rate at which the loss had risen to four times its least, and the test was over", axis="lr", rows="train"
    ),
    "accuracy_suggested": Metric(
        "accuracy on the test rows at the suggested rate", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_low": Metric(
        "accuracy on the test rows at the suggested rate / `apart`", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_high": Metric(
        "accuracy on the test rows at the suggested rate * `apart`", better="higher", range=(0, 1), rows="test"
    ),
}
TRIED = {"low": -1, "suggested": 0, "high": 1}  # the power of `apart`
BETA = 0.9  # share of the old mean that is kept at a step
WORSE = 4.0  # times the least loss: the test is over


def build(
    *,
    hidden: list[int] = (32,),
    lowest: float = 1e-4,
    highest: float = 100.0,
    probe: int = 200,
    apart: float = 20.0,
    batch: int = 32,
) -> Callable[[Context], "LRFinder"]:
    """A net with tanh is trained at a growing rate, then three copies of its start at three rates.

    hidden: units of each hidden layer of the net, at least 1.
    lowest: rate at the first step, above 0.
    highest: rate at the last step of the growing run, above 0.
    probe: steps of the growing run, at least 10.
    apart: by how much the other two rates that are tried differ from the suggested one, above 1.
    batch: rows that a gradient is the mean of, at least 1.
    """

    def begin(context: Context) -> LRFinder:
        rows = context.rows.labelled()
        sizes = {"inputs": rows.train.stored[0].numel(), "outputs": len(rows.classes), "hidden": list(hidden)}
        nets = {name: mlp.build(**sizes, activation="tanh") for name in ("growing", *TRIED)}
        return LRFinder(rows, nn.ModuleDict(nets).to(context.device), rates(lowest, highest, probe), apart, batch)

    return begin


def rates(lowest: float, highest: float, steps: int) -> Tensor:
    """(steps,): from the lowest rate to the highest, each the same factor above the one before."""
    return torch.logspace(torch.tensor(lowest).log10(), torch.tensor(highest).log10(), steps, dtype=torch.float64)


def smoothed(losses: Tensor, beta: float = BETA) -> Tensor:
    """(T,) -> (T,): the running mean m' = beta m + (1 - beta) loss, corrected for having begun at 0."""
    m, means = 0.0, []
    for t, loss in enumerate(losses.tolist(), 1):
        m = beta * m + (1 - beta) * loss
        means.append(m / (1 - beta**t))
    return torch.tensor(means, dtype=torch.float64)


def is_over(means: Tensor) -> bool:
    """Whether the newest of the smoothed losses (T,) has left the least far below, or is no number."""
    return not bool(means[-1] <= WORSE * means.min())


def suggestion(of: Tensor, means: Tensor, beta: float = BETA) -> int:
    """Returns which of the rates (T,) to take: where the loss falls steepest over log(rate).

    The smoothed loss (T,) is read before its lowest point: what falls after it comes back from somewhere worse. It
    tells of beta / (1 - beta) steps ago, and the suggestion goes back so far.
    """
    lowest = max(2, int(means.argmin()) + 1)
    slopes = torch.gradient(means[:lowest], spacing=(of[:lowest].log(),))[0]
    return max(0, int(slopes.argmin()) - round(beta / (1 - beta)))


class LRFinder(nn.Module):
    """`nets` of one start: "growing" is trained first, until its loss explodes, then those of TRIED.

    What the growing one has lost stands in `raw` (seen,).
    """

    done = False

    def __init__(self, rows: Rows, nets: nn.ModuleDict, rates: Tensor, apart: float, batch: int):
        super().__init__()
        self.rows, self.nets, self.rates, self.apart, self.batch = rows, nets, rates, apart, batch
        for net in nets.values():
            net.load_state_dict(nets["growing"].state_dict())
        self.trail = Trajectory(torch.full((len(TRIED),), torch.nan))
        self.register_buffer("raw", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("steps", torch.tensor(0))  # of the nets of TRIED

    def step(self) -> dict[str, float]:
        """A step of the growing run; once it is over, one of the three others."""
        rows = torch.randint(len(self.rows.train), (self.batch,)).to(self.rows.device)
        if not self.over:
            lr = self.rates[len(self.raw)].item()
            loss = self._train(self.nets["growing"], rows, lr)
            self.raw = torch.cat([self.raw, self.raw.new_tensor([loss])])
            return {"loss_growing": loss, "lr": lr}
        losses = [self._train(self.nets[name], rows, lr) for name, lr in self.tried.items()]
        self.steps += 1
        self.trail.add(int(self.steps), torch.tensor(losses))
        return {}

    def _train(self, net: nn.Module, rows: Tensor, lr: float) -> float:
        """A step w - lr g of a net. Returns the loss before it."""
        with torch.enable_grad():
            loss = cross_entropy(net(self.rows.train.batch(rows)), self.rows.train.targets[rows])
        weights = list(net.parameters())
        with torch.no_grad():
            for w, g in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                w -= lr * g
        return loss.item()

    @property
    def over(self) -> bool:
        """Whether the rate has grown far enough."""
        return len(self.raw) == len(self.rates) or (len(self.raw) > 0 and is_over(smoothed(self.raw)))

    @property
    def suggested(self) -> float:
        """The rate that the growing run suggests so far."""
        return self.rates[suggestion(self.rates[: len(self.raw)], smoothed(self.raw))].item()

    @property
    def tried(self) -> dict[str, float]:
        """The three rates that are put to the test."""
        suggested = self.suggested
        return {name: suggested * self.apart**power for name, power in TRIED.items()}

    def evaluate(self) -> dict[str, float]:
        """The suggestion, and what the three nets are worth; nothing while the rate still grows."""
        if not self.over:
            return {}
        found = {"suggestion": self.suggested, "lr": self.suggested, "end": self.rates[len(self.raw) - 1].item()}
        for name in TRIED:
            right = self.nets[name](self.rows.test.inputs).argmax(1) == self.rows.test.targets
            found[f"accuracy_{name}"] = right.float().mean().item()
        for name, losses in zip(TRIED, self.trail.values[1:].T, strict=True):
            if len(losses):
                found[f"loss_{name}"] = smoothed(losses)[-1].item()
        return found

    def pictures(self) -> Iterator[Picture]:
        """Loss over the growing rate with the suggestion; then how the three rates do."""
        if len(self.raw) > 2:
            yield Picture("finder", self._finder())
        if self.over and len(self.trail.steps) > 1:
            means = map(smoothed, self.trail.values[1:].T)
            curves = {
                f"{name} {lr:.2g}": (self.trail.steps[1:], mean)
                for (name, lr), mean in zip(self.tried.items(), means, strict=True)
            }
            yield Picture("three rates", lines(curves, x_title="step", y_title="smoothed loss", log_y=True))

    def _finder(self) -> Lines:
        of, means, raw = self.rates[: len(self.raw)].numpy(), smoothed(self.raw).numpy(), self.raw.numpy()
        top, bottom = 1.3 * means[0], min(0.0, means.min())
        curves = {}
        if self.over:
            curves[f"suggestion {self.suggested:.2g}"] = np.full(2, self.suggested), np.array([bottom, top])
        for name, values in {"smoothed loss": means, "loss": raw}.items():
            curves[name] = of, np.where(values <= top, values, np.nan)
        return lines(curves, x_title="learning rate", y_title="loss", log_x=True)
