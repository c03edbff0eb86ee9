"""The Frechet inception distance of samples (Heusel et al. 2017, arXiv:1706.08500), and whether they are copies.

The features are those of a small classifier that is trained on the same data, once (metrics/fid_features.py).
"""

from collections.abc import Callable
from functools import cached_property, partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Task
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.recipes.metric import Metric

TASKS = ("gan", "autoencode", "diffuse")
METRICS = {
    "fid": Metric(
        "Frechet distance between features of samples and of test pictures, by a small classifier trained here",
        better="lower",
        range=(0, None),
        progress=True,
        rows="test",
    ),
    "fitted_fid": Metric(
        "Frechet distance, measured as fid, of pictures decoded from codes of a Gaussian fitted to the training codes,"
        " not of N(0, 1)",
        better="lower",
        range=(0, None),
        rows="test",
    ),
    "nearest_ratio": Metric(
        "distance of a sample to the nearest training picture over that of a test picture, medians; near 0: copied",
        range=(0, None),
        rows="test",
    ),
}
SEED = 0  # of the noise that samples are made of: the same each time
AT_ONCE = 10_000  # training pictures that distances are measured to together
COMPARED = 500  # samples, and test pictures, whose nearest training picture is looked for


def build(*, samples: int = 2000) -> Callable[[Task], "FID"]:
    """For pictures with classes, and a task that draws such.

    samples: samples drawn each time, at least 100; distances of fewer are larger.
    """
    return partial(FID, samples=samples)


class FID:
    """See contracts.probe.Probe. Before the first step nothing is drawn of a task that says `has_learned` is False."""

    def __init__(self, task: Task, samples: int):
        self.task, self.rows, self.samples = task, task.rows.pictures(), samples

    @cached_property
    def extractor(self) -> FIDFeatureExtractor:
        """Made when it is first asked: training one takes seconds, and whoever only looks at the layers needs none."""
        return FIDFeatureExtractor(self.rows.data, self.rows.device)

    @cached_property
    def real(self) -> Gaussian:
        """The features of the test pictures."""
        return Gaussian.of(self.extractor.features(self.rows.test.inputs))

    @cached_property
    def test_distance(self) -> float:
        """How far a test picture lies from the nearest training picture, the median."""
        return self._nearest(self.rows.test.inputs[:COMPARED])

    def evaluate(self) -> dict[str, float]:
        if not getattr(self.task, "has_learned", True):
            return {}
        samples = self.task.sample(self.samples, self._generator())
        values = {"fid": self._distance(samples)}
        if hasattr(self.task, "sample_fitted"):
            values["fitted_fid"] = self._distance(self.task.sample_fitted(self.samples, self._generator()))
        return values | {"nearest_ratio": self._nearest(samples[:COMPARED]) / self.test_distance}

    def _generator(self) -> torch.Generator:
        return torch.Generator(self.rows.device).manual_seed(SEED)

    def _distance(self, pictures: Tensor) -> float:
        return frechet_distance(Gaussian.of(self.extractor.features(pictures)), self.real)

    def _nearest(self, pictures: Tensor) -> float:
        parts = (part.flatten(1) for part in self.rows.train.inputs.split(AT_ONCE))
        return torch.stack([torch.cdist(pictures.flatten(1), part).amin(1) for part in parts]).amin(0).median().item()
