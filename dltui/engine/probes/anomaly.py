"""Anomaly detection: an autoencoder rebuilds badly what it never saw (Japkowicz, Myers, Gluck 1995)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.thresholds import roc_picture
from dltui.engine.tasks.autoencode import Autoencode
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("autoencode",)
METRICS = {
    "known_error": Metric(
        "mean squared error of the pixels of test pictures whose classes were trained on", better="lower"
    ),
    "unseen_error": Metric("mean squared error of the pixels of test pictures of classes that were not trained on"),
    "auc": Metric(
        "area under the ROC curve: chance that a picture of an unseen class has a larger error than one of a known"
        " class",
        better="higher", range=(0, 1),
    ),
}  # fmt: skip
SHOWN = 6  # pictures of each kind
BINS = 40  # of the histogram
SHARE = 0.99  # of the errors that the histogram spans


def build() -> Callable[[Autoencode], "Anomaly"]:
    """For an autoencoder that some classes are kept from: task.unseen."""
    return Anomaly


class Anomaly:
    """See contracts.probe.Probe. The error of a picture is the score of being unseen."""

    def __init__(self, task: Autoencode):
        if not len(task.unseen):
            raise DltuiError(
                "Anomalies are pictures of classes that were not trained on; all are.",
                "Name some: task.unseen=[0]",
                ExitStatus.USAGE,
            )
        self.task, self.inputs = task, task.rows.test.inputs
        self.unseen = torch.isin(task.rows.test.targets, task.unseen)  # (N,) bool

    def errors(self) -> Tensor:
        """Mean squared error of each test picture (N,)."""
        return (self.task.reconstruct(self.inputs) - self.inputs).square().flatten(1).mean(1)

    def evaluate(self) -> dict[str, float]:
        from sklearn.metrics import roc_auc_score  # 1.8 s

        errors = self.errors()
        return {
            "known_error": errors[~self.unseen].mean().item(),
            "unseen_error": errors[self.unseen].mean().item(),
            "auc": roc_auc_score(self.unseen.cpu().numpy(), errors.cpu().numpy()),
        }

    def pictures(self) -> Iterator[Picture]:
        errors = self.errors()
        yield Picture("errors", self._histogram(errors))
        yield Picture("rebuilt", self._rebuilt())
        yield Picture("ROC", roc_picture(errors, self.unseen))

    def _histogram(self, errors: Tensor) -> Lines:
        """The share of each side's test pictures in every range of error."""
        edges = torch.linspace(0, errors.quantile(SHARE).item(), BINS + 1)
        middles = ((edges[1:] + edges[:-1]) / 2).numpy()
        curves = []
        for name, mine in (("never seen", self.unseen), ("known", ~self.unseen)):
            counts = torch.histogram(errors[mine].cpu(), edges)[0]
            curves.append(Curve(name=name, x=middles, y=(counts / mine.sum().item()).numpy()))
        return Lines(curves=curves, x_title="error of a picture", y_title="share")

    def _rebuilt(self) -> dict:
        """A row: a known picture and its reconstruction, then one of an unseen class and its reconstruction."""
        known, unseen = (self.inputs[mine][:SHOWN] for mine in (~self.unseen, self.unseen))
        count = min(len(known), len(unseen))
        parts = (known, self.task.reconstruct(known), unseen, self.task.reconstruct(unseen))
        sheet = torch.stack([part[:count] for part in parts], 1)
        return montage(sheet.flatten(0, 1), columns=4, title="known, rebuilt; never seen, rebuilt")
