"""Whether samples drawn for a class are of that class, and as varied as real rows of it (Mirza and Osindero 2014,
arXiv:1411.1784).
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture, Task
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

if TYPE_CHECKING:
    from sklearn.neighbors import KNeighborsClassifier

TASKS = ("gan", "diffuse")
METRICS = {
    "agreement": Metric(
        "share of the samples of a class that a vote of the 5 nearest training rows takes for it",
        better="higher", range=(0, 1), progress=True, rows="train",
    ),
    "test_agreement": Metric(
        "share of the test rows that a vote of the 5 nearest training rows takes for their class: what the vote can do",
        range=(0, 1), rows="test",
    ),
    "spread": Metric(
        "mean distance of two samples of one class over that of two test rows of it; near 0: all alike",
        better="higher", range=(0, None), rows="test",
    ),
}  # fmt: skip
NEIGHBOURS = 5
SEED = 0  # of the noise that samples are made of: the same each time


def build(*, samples: int = 1000) -> Callable[[Task], "ClassAgreement"]:
    """For data with classes, and a task that draws rows of a class asked for.

    samples: samples drawn each time, as many of each class, at least 50.
    """
    return partial(ClassAgreement, samples=samples)


class ClassAgreement:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, samples: int):
        self.task, self.rows = task, task.rows.labelled()
        each = max(samples // len(self.rows.classes), 2)
        self.labels = torch.arange(len(self.rows.classes), device=self.rows.device).repeat(each)  # (N,)

    def drawn(self) -> Tensor:
        return self.task.sample_classes(self.labels, torch.Generator(self.rows.device).manual_seed(SEED))

    @cached_property
    def judge(self) -> "KNeighborsClassifier":
        from sklearn.neighbors import KNeighborsClassifier  # 1.8 s

        known, classes = self.rows.train.table()
        return KNeighborsClassifier(min(NEIGHBOURS, len(known))).fit(known.numpy(), classes.numpy())

    def taken_for(self, rows: Tensor) -> Tensor:
        """Rows (N, ...) -> the classes (N,) that their nearest training rows vote for."""
        return torch.from_numpy(self.judge.predict(rows.flatten(1).cpu().numpy())).to(rows.device)

    @cached_property
    def of_test(self) -> tuple[float, Tensor]:
        """Agreement of the test rows, and mean distances within each class (K,)."""
        inputs, targets = self.rows.test.inputs, self.rows.test.targets
        right = (self.taken_for(inputs) == targets).float().mean().item()
        return right, within(inputs, targets, len(self.rows.classes))

    def evaluate(self) -> dict[str, float]:
        if not getattr(self.task, "has_learned", True):
            return {}
        drawn, (right, far) = self.drawn(), self.of_test
        near = within(drawn, self.labels, len(self.rows.classes))
        agrees = (self.taken_for(drawn) == self.labels).float().mean().item()
        return {"agreement": agrees, "test_agreement": right, "spread": (near / far).nanmean().item()}

    def pictures(self) -> Iterator[Picture]:
        if not getattr(self.task, "has_learned", True):
            return
        right = (self.taken_for(self.drawn()) == self.labels).float()
        shares = right.view(-1, len(self.rows.classes)).mean(0).cpu().numpy()
        yield Picture(
            "agreement", Bars(labels=list(self.rows.classes), values=shares, title="taken for the class asked for")
        )


def within(rows: Tensor, labels: Tensor, classes: int) -> Tensor:
    """rows (N, ...), labels (N,) -> the mean distance of two rows of each class (K,); NaN of one with less than two."""
    far = [torch.pdist(rows[labels == number].flatten(1)).mean() for number in range(classes)]
    return torch.stack(far)
