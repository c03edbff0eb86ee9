"""Batch normalisation on trial: five nets from equal first weights, side by side (Ioffe and Szegedy 2015)."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.batch_normalization import BatchNormalization
from dltui.engine.models.normalized_mlp import NormalizedMLP
from dltui.recipes.metric import Metric

MODELS = ("without", "before", "after", "without_fast", "before_fast")
METRICS = {
    "loss_without": Metric(
        "training loss of a batch of the net of this name, so for all", better="lower", progress=True
    ),
    "loss_before": Metric("the same", better="lower", progress=True),
    "loss_after": Metric("the same", better="lower", progress=True),
    "loss_without_fast": Metric("the same", better="lower", progress=True),
    "loss_before_fast": Metric("the same", better="lower", progress=True),
    "steps_without": Metric(
        "steps until the mean loss of ten batches or so was `target`; all so far where it is not yet"
    ),
    "steps_before": Metric("the same"),
    "steps_after": Metric("the same"),
    "steps_without_fast": Metric("the same"),
    "steps_before_fast": Metric("the same"),
    "accuracy_without": Metric(
        "share of the test rows classified rightly; the nets with normalisation use running statistics",
        better="higher",
        range=(0, 1),
    ),
    "accuracy_before": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_after": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_without_fast": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_before_fast": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_in_twos": Metric(
        "the same for `before`, shown two rows at a time, with the statistics of these two",
        better="higher",
        range=(0, 1),
    ),
}
KEPT = 0.9  # share of the old mean loss that is kept at a step
WATCHED = ("without", "before")  # whose units' inputs are shown
EVERY = 5  # steps between two looks at a unit's inputs
ROWS = 256  # training rows that a unit's inputs are shown for
LEVELS = (0.15, 0.5, 0.85)  # quantiles, as in the paper's figure
UNIT = 0
SIZES = (2, 3, 4, 6, 8, 16, 32, 64, 128)  # test rows shown together


def build(*, target: float = 0.3) -> Callable:
    """Returns (data, nets, device) -> BatchNorm.

    target: training loss, the mean of some ten batches, that the nets race to, above 0.
    """
    return partial(BatchNorm, target=target)


class BatchNorm:
    """Nets of kind normalized_mlp, trained on the same batches."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, target: float):
        self.nets: dict[str, NormalizedMLP] = {role: nets[role] for role in MODELS}
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.target = len(self.inputs), target
        _begin_alike(list(self.nets.values()))
        self.newest: dict[str, Tensor] = {}
        self.place = nets["place"] = Counters(step=0, **dict.fromkeys(MODELS, 0))  # a role's: the step it arrived at
        unknown = torch.full((len(MODELS),), torch.nan)
        self.losses = nets["losses"] = Trajectory(unknown).to(device)
        self.state = nets["state"] = State(unknown).to(device)
        seen = torch.stack([self.levels(self.nets[role]) for role in WATCHED])
        self.seen = nets["seen"] = Trajectory(seen).to(device)  # (nets, levels)

    def objectives(self) -> list[Objective]:
        return [Objective(f"loss_{role}", role, partial(self.loss, role)) for role in MODELS]

    def loss(self, role: str, rows: Tensor) -> Tensor:
        loss = cross_entropy(self.nets[role](self.inputs[rows]), self.targets[rows])
        self.newest[role] = loss.detach()
        return loss

    def after_step(self) -> None:
        """Notes who has reached the target, and what goes into a unit now."""
        step = self.place["step"] = self.place["step"] + 1
        newest = torch.stack([self.newest[role] for role in MODELS]).float()
        mean = self.state.mean
        mean.copy_(torch.where(mean.isnan(), newest, KEPT * mean + (1 - KEPT) * newest))
        self.losses.add(step, mean)
        for role, arrived in zip(MODELS, (mean <= self.target).tolist(), strict=True):
            if arrived and not self.place[role]:
                self.place[role] = step
        if step % EVERY == 0:
            self.seen.add(step // EVERY, torch.stack([self.levels(self.nets[role]) for role in WATCHED]))

    @torch.no_grad()
    def levels(self, net: NormalizedMLP) -> Tensor:
        """(levels,): quantiles of what goes into the activation of a unit of the last hidden layer."""
        training = net.training
        last = max(index for index, block in enumerate(net.layers) if isinstance(block, nn.Linear))
        whole = 1 + last + isinstance(net.layers[last + 1], BatchNormalization)
        values = net.eval().layers[:whole](self.inputs[:ROWS].flatten(1))[:, UNIT]
        net.train(training)
        return values.float().quantile(values.new_tensor(LEVELS).float())

    def evaluate(self) -> dict[str, float]:
        found = {}
        for role, net in self.nets.items():
            found[f"steps_{role}"] = self.place[role] or self.place["step"]
            found[f"accuracy_{role}"] = self._accuracy(net(self.test_inputs))
        return found | {"accuracy_in_twos": self.accuracy_together(self.nets["before"], 2)}

    def _accuracy(self, logits: Tensor) -> float:
        return (logits.argmax(1) == self.test_targets).float().mean().item()

    def accuracy_together(self, net: NormalizedMLP, size: int) -> float:
        """The share of test rows right when `size` of them at a time are normalised by their own statistics."""
        batches = len(self.test_inputs) // size
        order = torch.randperm(len(self.test_inputs))[: batches * size].to(self.test_inputs.device)  # classes mixed
        rows = self.test_inputs[order].view(size, batches, -1)
        layers = [block for block in net.modules() if isinstance(block, BatchNormalization)]
        for layer in layers:
            layer.own = True
        predictions = net.head(net.layers(rows)).argmax(-1).flatten()
        for layer in layers:
            layer.own = False
        return (predictions == self.test_targets[order]).float().mean().item()

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The race to the target; what goes into a unit; and what becomes of small batches at the test."""
        yield Picture("race", self._race())
        steps = self.seen.steps.cpu().numpy() * EVERY
        gap = np.full(1, np.nan)
        curves = []
        for k, role in enumerate(WATCHED):
            levels = self.seen.values[:, k].cpu().numpy()  # (T, levels)
            x = np.concatenate([part for _ in LEVELS for part in (steps, gap)])
            y = np.concatenate([part for level in levels.T for part in (level, gap)])
            curves.append({"name": role, "x": x, "y": y})
        titles = {"x_title": "step", "y_title": "15, 50, 85 % of inputs lie below"}
        yield Picture("a unit", {"type": "lines", "curves": curves, **titles})
        yield Picture("at the test", self._at_the_test())

    def _race(self) -> dict:
        """The mean losses, and the line that they race to."""
        steps, losses = self.losses.steps.cpu().numpy(), self.losses.values.cpu().numpy()
        curves = []
        for k, role in enumerate(MODELS):
            arrived = f": {self.place[role]}" if self.place[role] else ""
            curves.append({"name": f"{role}{arrived}", "x": steps, "y": losses[:, k]})
        line = {"name": f"target {self.target:g}", "x": steps[[0, -1]], "y": np.full(2, self.target)}
        titles = {"x_title": "step", "y_title": "loss", "log_y": True}
        return {"type": "lines", "curves": [*curves, line], **titles}

    def _at_the_test(self) -> dict:
        """Accuracy of `before` by its batches' own statistics, small to large, and by the running ones."""
        net = self.nets["before"]
        sizes = [size for size in SIZES if size <= len(self.test_inputs)]
        own = [self.accuracy_together(net, size) for size in sizes]
        running = np.full(2, self._accuracy(net(self.test_inputs)))
        curves = [
            {"name": "by the batch's own", "x": np.array(sizes), "y": np.array(own)},
            {"name": "by the running ones", "x": np.array(sizes)[[0, -1]], "y": running},
        ]
        titles = {"x_title": "test rows together", "y_title": "accuracy", "log_x": True}
        return {"type": "lines", "curves": curves, **titles}


class State(nn.Module):
    """The running mean of each net's losses (nets,)."""

    def __init__(self, mean: Tensor):
        super().__init__()
        self.register_buffer("mean", mean.clone())


def _begin_alike(nets: list[NormalizedMLP]) -> None:
    """Gives all nets the first one's weights, where they have the same shape."""
    first, *others = ([block for block in net.modules() if isinstance(block, nn.Linear)] for net in nets)
    for linear in others:
        for block, own in zip(first, linear, strict=False):
            if block.weight.shape == own.weight.shape:
                own.weight.data.copy_(block.weight)
