"""Sources of parts as a user writes them, one file each, and the recipes that name them."""

NET = '''"""A net."""

import torch
from torch import nn

SECTION = "model"


def build(*, width: int = 4, inputs: int = 2, classes: int = 2) -> nn.Module:
    """A net.

    width: hidden units, at least 1.
    """
    return Net(width, inputs, classes)


class Net(nn.Module):
    def __init__(self, width, inputs, classes):
        super().__init__()
        self.hidden = nn.Linear(inputs, width)
        self.scale = nn.Parameter(torch.ones(1))
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.head(h * self.scale)
'''
LOSS = '''"""A loss."""

from torch.nn.functional import cross_entropy

SECTION = "loss"
TASKS = ("classify",)


def build(*, slope: float = 1.0):
    """Times slope."""
    return Steep(slope)


class Steep:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, logits, targets):
        return self.slope * cross_entropy(logits, targets)

    def probabilities(self, logits):
        return logits.softmax(1)
'''
OPTIMIZER = '''"""Plain descent."""

from functools import partial

import torch

SECTION = "optimizer"


def build(*, lr: float = 0.1):
    """Plain descent."""
    return partial(Descent, lr=lr)


class Descent(torch.optim.Optimizer):
    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                weight -= group["lr"] * weight.grad
'''
PROBE = '''"""A probe."""

import torch

from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Curve
from dltui.runs.payloads import Lines

SECTION = "probe"
METRICS = {"ece": Metric("expected calibration error", better="lower")}


def build(*, bins: int = 10):
    """Counts."""
    return lambda task: Calibration(task, bins)


class Calibration:
    def __init__(self, task, bins):
        self.task, self.bins = task, bins

    def evaluate(self):
        return {"ece": 0.5}

    def pictures(self):
        yield Picture("bins", Lines(curves=[Curve(name="a", x=[1, 2], y=[1, 2])], x_title="x", y_title="y"))
'''
ALGORITHM = '''"""Counts up."""

import torch
from torch import nn

from dltui.recipes.metric import Metric

SECTION = "algorithm"
NEEDS_DATA = False
METRICS = {"count": Metric("steps taken")}


def build(*, end: int = 5):
    """Counts."""
    return lambda context: Counter(end)


class Counter(nn.Module):
    def __init__(self, end):
        super().__init__()
        self.end = end
        self.register_buffer("n", torch.tensor(0))

    @property
    def done(self):
        return bool(self.n >= self.end)

    def step(self):
        self.n += 1

    def evaluate(self):
        return {"count": float(self.n)}
'''
DATA = '''"""Two blobs."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of

SECTION = "data"
SOURCES = ("builtin",)
GIVES = ("points", "classes")


def build(*, count: int = 100):
    """Blobs."""
    return Blobs(count)


class Blobs:
    def __init__(self, count):
        self.count = count

    def builtin(self):
        draws = torch.Generator().manual_seed(0)
        y = torch.randint(0, 2, (self.count,), generator=draws)
        x = torch.randn(self.count, 2, generator=draws) + 3.0 * y[:, None]
        half, names = self.count // 2, ("low", "high")
        train, test = Split(x[:half], y[:half]), Split(x[half:], y[half:])
        return Dataset(train, test, names, "builtin", "blobs", facts_of(x, names))
'''
TASK = {
    "title": "mine",
    "task": {"kind": "classify"},
    "data": {"kind": "clouds", "shape": "moons"},
    "model": {"kind": "mlp", "hidden": [4]},
    "optimizer": {"kind": "adam", "lr": 0.01},
    "train": {"steps": 4, "batch": 16},
    "probe": {},
}
PARTS = {  # name of the file -> its source, and the recipe that names it
    "my_net": (NET, {**TASK, "model": {"kind": "my_net"}}),
    "my_loss": (LOSS, {**TASK, "loss": {"kind": "my_loss"}, "probe": {"now": {"kind": "predictions"}}}),
    "my_descent": (OPTIMIZER, {**TASK, "optimizer": {"kind": "my_descent"}}),
    "my_probe": (PROBE, {**TASK, "probe": {"bins": {"kind": "my_probe"}}}),
    "my_blobs": (DATA, {**TASK, "data": {"kind": "my_blobs"}}),
    "my_count": (ALGORITHM, {"title": "mine", "algorithm": {"kind": "my_count"}, "train": {"steps": 4}}),
}
