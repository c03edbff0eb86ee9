"""The learning-rate finder: a short run with a growing rate, its suggestion, and three nets that put it to the test."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.range_test import is_over, rates, smoothed, suggestion
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.models import mlp
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "lr": Metric("rate of the growing run, then the suggested one"),
    "loss_growing": Metric("training loss of a batch while the rate grows", better="lower", progress=True),
    "loss_suggested": Metric("smoothed training loss at the suggested rate", better="lower", progress=True),
    "loss_low": Metric("the same at the suggested rate / `apart`", better="lower", progress=True),
    "loss_high": Metric("the same at the suggested rate * `apart`", better="lower", progress=True),
    "suggestion": Metric("rate at which the loss falls steepest over the logarithm of the rate"),
    "end": Metric("rate at which the loss had risen to four times its least, and the test was over"),
    "accuracy_suggested": Metric(
        "share of the test rows classified rightly after training at the suggested rate", better="higher", range=(0, 1)
    ),
    "accuracy_low": Metric("the same at the suggested rate / `apart`", better="higher", range=(0, 1)),
    "accuracy_high": Metric("the same at the suggested rate * `apart`", better="higher", range=(0, 1)),
}
TRIED = {"low": -1, "suggested": 0, "high": 1}  # the power of `apart`


def build(
    *,
    hidden: list[int] = (32,),
    lowest: float = 1e-4,
    highest: float = 100.0,
    probe: int = 200,
    apart: float = 20.0,
    batch: int = 32,
) -> Callable:
    """Returns (data, nets, device) -> LrFinder.

    hidden: units of each hidden layer of the net, at least 1.
    lowest: rate at the first step, above 0.
    highest: rate at the last step of the growing run, above 0.
    probe: steps of the growing run, at least 10.
    apart: by how much the other two rates that are tried differ from the suggested one, above 1.
    batch: rows that a gradient is the mean of, at least 1.
    """
    return partial(LrFinder, hidden=list(hidden), span=(lowest, highest, probe), apart=apart, batch=batch)


class LrFinder:
    """A net with tanh. The rate grows at each step until the loss explodes; then three fresh copies are trained."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        hidden: list[int],
        span: tuple[float, float, int],
        apart: float,
        batch: int,
    ):
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rates, self.apart, self.batch = rates(*span), apart, batch
        sizes = {"inputs": self.inputs[0].numel(), "outputs": len(data.classes), "hidden": hidden}
        for name in ("growing", *TRIED):
            nets[name] = mlp.build(**sizes, activation="tanh").to(device)
            nets[name].load_state_dict(nets["growing"].state_dict())
        self.nets = nets
        self.losses = nets["losses"] = Losses(len(self.rates))
        self.place = nets["place"] = Counters(step=0, seen=0, over=0)
        self.trajectory = nets["trail"] = Trajectory(torch.full((len(TRIED),), torch.nan))

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        if not self.place["over"]:
            return self._probe()
        rows = torch.randint(len(self.inputs), (self.batch,)).to(self.inputs.device)  # the run's random numbers
        losses = [self._train(self.nets[name], rows, rate) for name, rate in self.tried.items()]
        self.trajectory.add(step - self.place["seen"], torch.tensor(losses))
        return {}

    def _probe(self) -> dict[str, float]:
        """A step of the growing run."""
        seen = self.place["seen"]
        rate = self.rates[seen].item()
        rows = torch.randint(len(self.inputs), (self.batch,)).to(self.inputs.device)
        loss = self._train(self.nets["growing"], rows, rate)
        self.losses.raw[seen] = loss
        self.place["seen"] = seen + 1
        self.place["over"] = int(is_over(self.means) or seen + 1 == len(self.rates))
        return {"loss_growing": loss, "lr": rate}

    def _train(self, net: nn.Module, rows: Tensor, rate: float) -> float:
        """A step w - a g of a net. Returns the loss before it."""
        loss = cross_entropy(net(self.inputs[rows]), self.targets[rows])
        weights = list(net.parameters())
        gradients = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            for w, g in zip(weights, gradients, strict=True):
                w -= rate * g
        return loss.item()

    @property
    def means(self) -> Tensor:
        """(seen,): the smoothed losses of the growing run so far."""
        return smoothed(self.losses.raw[: self.place["seen"]])

    @property
    def suggested(self) -> float:
        """The rate that the growing run suggests so far."""
        seen = self.place["seen"]
        return self.rates[suggestion(self.rates[:seen], self.means)].item()

    @property
    def tried(self) -> dict[str, float]:
        """The three rates that are put to the test."""
        suggested = self.suggested
        return {name: suggested * self.apart**power for name, power in TRIED.items()}

    def evaluate(self) -> dict[str, float]:
        if not self.place["over"]:
            return {}
        found = {"suggestion": self.suggested, "lr": self.suggested, "end": self.rates[self.place["seen"] - 1].item()}
        for name in TRIED:
            right = self.nets[name](self.test_inputs).argmax(1) == self.test_targets
            found[f"accuracy_{name}"] = right.float().mean().item()
        for name, losses in zip(TRIED, self.trajectory.values[1:].T, strict=True):
            if len(losses):
                found[f"loss_{name}"] = smoothed(losses)[-1].item()
        return found

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Loss over the growing rate with the suggestion; then how the three rates do."""
        seen = self.place["seen"]
        if seen > 2:
            yield Picture("finder", self._finder(seen))
        if self.place["over"] and len(self.trajectory.steps) > 1:
            steps, losses = self.trajectory.steps[1:].numpy(), self.trajectory.values[1:]
            curves = [
                {"name": f"{name} {rate:.2g}", "x": steps, "y": smoothed(losses[:, k]).numpy()}
                for k, (name, rate) in enumerate(self.tried.items())
            ]
            titles = {"x_title": "step", "y_title": "smoothed loss", "log_y": True}
            yield Picture("three rates", {"type": "lines", "curves": curves, **titles})

    def _finder(self, seen: int) -> dict:
        of, means, raw = self.rates[:seen].numpy(), self.means.numpy(), self.losses.raw[:seen].numpy()
        top, bottom = 1.3 * means[0], min(0.0, means.min())
        stem = np.array([bottom, top])
        curves = [
            {"name": "smoothed loss", "x": of, "y": np.where(means <= top, means, np.nan)},
            {"name": "loss", "x": of, "y": np.where(raw <= top, raw, np.nan)},
        ]
        if self.place["over"]:
            curves.insert(0, {"name": f"suggestion {self.suggested:.2g}", "x": np.full(2, self.suggested), "y": stem})
        titles = {"x_title": "rate", "y_title": "loss", "log_x": True}
        return {"type": "lines", "curves": curves, **titles}


class Losses(nn.Module):
    """What the growing run has lost at each of its steps (probe,)."""

    def __init__(self, steps: int):
        super().__init__()
        self.register_buffer("raw", torch.full((steps,), torch.nan, dtype=torch.float64))
