"""Which of the known modes of the data samples fall into: mode collapse is seen by those that stay empty.

Metz et al. 2017, arXiv:1611.02163 (points); Srivastava et al. 2017, arXiv:1705.07761 (pictures, by a classifier).
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

TASKS = ("gan", "diffuse")
METRICS = {
    "modes": Metric(
        "classes, or Gaussians of the plane, with a tenth of their fair share of the samples at least",
        better="higher", range=(0, None), whole=True,
    ),
    "steps_to_coverage": Metric(
        "steps until three quarters of the modes were covered; all so far", better="lower", counter=True, unit="steps"
    ),
    "high_quality": Metric(
        "share of the samples within 4 standard deviations of a Gaussian's centre",
        better="higher", range=(0, 1), progress=True,
    ),
}  # fmt: skip
NEAR = 4.0  # standard deviations from its centre within which a sample counts for a Gaussian
SHARE = 0.75  # of the modes
LEAST = 0.1  # of a mode's fair share of the samples: with fewer it counts as missing
SEED = 0  # of the noise that samples are made of: the same each time


def build(*, samples: int = 2000) -> Callable[[Task], "Modes"]:
    """For data with classes: each is a mode.

    samples: samples drawn each time, at least 100.
    """
    return partial(Modes, samples=samples)


class Modes(nn.Module):
    """See contracts.probe.Probe. A point belongs to the nearest Gaussian, a picture to the class that a small
    classifier, trained on the same data, takes it for."""

    def __init__(self, task: Task, samples: int):
        super().__init__()
        self.task, self.rows, self.samples = task, task.rows.labelled(), samples
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("covered_at", torch.tensor(0))  # 0: not yet
        self.of_plane = self.rows.train.stored.shape[1:] == (2,)

    @cached_property
    def gaussians(self) -> tuple[Tensor, Tensor]:
        """Centres (K, D) of the classes' training rows, and their standard deviations (K,)."""
        x, y = self.rows.train.inputs, self.rows.train.targets
        groups = [x[y == number] for number in range(len(self.rows.classes))]
        centres = torch.stack([group.mean(0) for group in groups])
        return centres, torch.stack([group.std(0).square().mean().sqrt() for group in groups])

    @cached_property
    def classifier(self) -> FIDFeatureExtractor:
        """Made when it is first asked: training one takes seconds."""
        return FIDFeatureExtractor(self.rows.data, self.rows.device)

    def _coverage(self) -> "Coverage":
        samples = self.task.sample(self.samples, torch.Generator(self.rows.device).manual_seed(SEED))
        if self.of_plane:
            return coverage(samples, *self.gaussians)
        classes = len(self.rows.classes)
        return covered(self.classifier.predict(samples).bincount(minlength=classes), self.samples)

    def after_step(self, step: int) -> None:
        self.steps.fill_(step)

    def evaluate(self) -> dict[str, float]:
        found = self._coverage()
        if not self.covered_at and found.covered >= SHARE * len(self.rows.classes):
            self.covered_at.copy_(self.steps)
        values = {"modes": found.covered, "steps_to_coverage": int(self.covered_at or self.steps)}
        return values | ({"high_quality": found.near} if self.of_plane else {})

    def pictures(self) -> Iterator[Picture]:
        pane, at = ("modes", "at each Gaussian") if self.of_plane else ("classes drawn", "taken for each class")
        shares = (self._coverage().counts / self.samples).cpu().numpy()
        yield Picture(pane, Bars(labels=list(self.rows.classes), values=shares, title=f"share of the samples {at}"))


class Coverage(NamedTuple):
    """counts (K,): samples of each mode; covered: modes with enough of them; near: share of the samples of any."""

    counts: Tensor
    covered: int
    near: float


def covered(counts: Tensor, samples: int) -> Coverage:
    """counts (K,): how many of the samples fall into each mode -> Coverage."""
    enough = counts >= LEAST * samples / len(counts)
    return Coverage(counts, int(enough.sum()), counts.sum().item() / samples)


def coverage(samples: Tensor, centres: Tensor, spread: Tensor) -> Coverage:
    """samples (N, D), centres (K, D) of Gaussians and their standard deviations (K,) -> Coverage."""
    distances, nearest = torch.cdist(samples, centres).min(1)  # (N,)
    near = distances <= NEAR * spread[nearest]
    return covered(nearest[near].bincount(minlength=len(centres)), len(samples))
