"""Pictures climbed to where a classifier is sure of them: what p(y|x) alone says of x (Simonyan, Vedaldi, Zisserman
2014, arXiv:1312.6034; Nguyen, Yosinski, Clune 2015, arXiv:1412.1897).
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.engine.probes.activation_maximisation import ascend
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "confidence": Metric("mean probability of the class that a picture was climbed for", range=(0, 1)),
    "test_confidence": Metric("mean probability of the true class of a test picture", range=(0, 1), rows="test"),
    "fid": Metric(
        "Frechet distance between features of climbed and of test pictures, by a small classifier trained here",
        better="lower", range=(0, None), rows="test",
    ),
    "train_fid": Metric(
        "Frechet distance between features of as many training pictures and of test pictures",
        axis="fid", range=(0, None), rows="test",
    ),
    "outside": Metric(
        "share of climbed pictures farther from the nearest training picture than any test picture is",
        range=(0, 1), rows="test",
    ),
}  # fmt: skip
ETA = 0.1  # how far the first step moves pixels
SEED = 0  # of the pictures that are begun with: the same each time
KNOWN = 5000  # training pictures that distances are measured to


class Climbed(NamedTuple):
    """Pictures x (N, C, H, W), one class after the other, and the mean log p along the way (steps + 1,)."""

    x: Tensor
    path: Tensor


def build(
    *, samples: int = 200, ascent: int = 40, smoothness: float = 0.0, start: Literal["noise", "digits"] = "noise"
) -> Callable[[Classify], "ClassifierSamples"]:
    """For a classifier of pictures; pixels climb log p(y|x), weights stay as they are.

    samples: pictures made each time, as many for each class, at least 20.
    ascent: steps of gradient ascent, at least 1.
    smoothness: weight of the mean absolute difference of neighbouring pixels, which is climbed down, at least 0.
    start: what is climbed from: noise, or training pictures of the class.
    """
    return partial(ClassifierSamples, samples=samples, ascent=ascent, smoothness=smoothness, start=start)


class ClassifierSamples:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, samples: int, ascent: int, smoothness: float, start: str):
        self.task, self.rows = task, task.rows.pictures().labelled()
        self.ascent, self.smoothness, self.start = ascent, smoothness, start
        self.K = len(self.rows.classes)
        self.labels = torch.arange(self.K, device=self.rows.device).repeat(max(samples // self.K, 2))  # (N,)

    def log_p(self, x: Tensor) -> Tensor:
        """Picture n is to be of class labels[n]: (N, C, H, W) -> log p (N,)."""
        return torch.log_softmax(self.task.net(x), 1).gather(1, self.labels[: len(x), None])[:, 0]

    def _begun(self) -> Tensor:
        """What is climbed from (N, C, H, W)."""
        if self.start == "digits":
            inputs, targets = self.rows.train.inputs[:KNOWN], self.rows.train.targets[:KNOWN]
            of_class = [inputs[targets == label] for label in range(self.K)]
            return torch.stack([of_class[label][n // self.K] for n, label in enumerate(self.labels.tolist())])
        shape = len(self.labels), *self.rows.train.stored.shape[1:]
        return torch.rand(shape, generator=torch.Generator().manual_seed(SEED)).to(self.rows.device)

    def climbed(self) -> Climbed:
        """By steps along the gradient of log p, and perhaps down that of the roughness."""
        x, path = ascend(lambda x: self.log_p(x) - self.smoothness * roughness(x), self._begun(), self.ascent, ETA)
        return Climbed(x, path.mean(1))

    @cached_property
    def extractor(self) -> FIDFeatureExtractor:
        """Made when it is first asked: it is trained."""
        return FIDFeatureExtractor(self.rows.data, self.rows.device)

    def _gaussian(self, pictures: Tensor) -> Gaussian:
        return Gaussian.of(self.extractor.features(pictures))

    @cached_property
    def of_real(self) -> tuple[Gaussian, float, float]:
        """The features of the test pictures; their distance from training pictures; the farthest of them from any."""
        known, test = self.rows.train.inputs[:KNOWN], self.rows.test.inputs[:]
        real = self._gaussian(test)
        train_fid = frechet_distance(self._gaussian(known[: len(self.labels)]), real)
        return real, train_fid, self._nearest(test)[0].max().item()

    def _nearest(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """pictures (N, ...) -> the distance of each to the nearest training picture (N,), and its number (N,)."""
        far = torch.cdist(pictures.flatten(1), self.rows.train.inputs[:KNOWN].flatten(1))
        return far.min(1)

    def evaluate(self) -> dict[str, float]:
        x, (real, train_fid, farthest) = self.climbed().x, self.of_real
        test, targets = self.rows.test.inputs[:], self.rows.test.targets
        return {
            "confidence": self.log_p(x).exp().mean().item(),
            "test_confidence": torch.softmax(self.task.net(test), 1).gather(1, targets[:, None]).mean().item(),
            "fid": frechet_distance(self._gaussian(x), real),
            "train_fid": train_fid,
            "outside": (self._nearest(x)[0] > farthest).float().mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """One picture a class with the nearest training picture below, and how the probability rises."""
        x, path = self.climbed()
        x = x[: self.K]
        sheet = torch.cat([x, self.rows.train.inputs[:KNOWN][self._nearest(x)[1]]])
        p = self.log_p(x).exp().min().item()
        title = f"classes {self.rows.classes[0]} to {self.rows.classes[-1]}: p at least {p:.3f}"
        yield Picture("climbed", montage(sheet, columns=self.K, row_titles=["climbed", "nearest"], title=title))
        steps = torch.arange(len(path))
        curves = {"log p - roughness" if self.smoothness else "log p": (steps, path)}
        yield Picture("ascent", lines(curves, x_title="step", y_title="mean over the pictures"))


def roughness(x: Tensor) -> Tensor:
    """x (N, C, H, W) -> the mean absolute difference of neighbouring pixels, (N,)."""
    return x.diff(dim=2).abs().mean((1, 2, 3)) + x.diff(dim=3).abs().mean((1, 2, 3))
