"""Anomaly detection: an autoencoder rebuilds badly what it never saw (Japkowicz, Myers, Gluck 1995)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.thresholds import roc_picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("mean squared error of a training batch's pixels", better="lower", progress=True),
    "known_error": Metric("mean squared error of test pictures of the classes it was trained on", better="lower"),
    "unseen_error": Metric("the same of the classes kept from it", better="lower"),
    "auc": Metric(
        "chance that a picture of an unseen class has a larger error than one of a known class",
        better="higher",
        range=(0, 1),
    ),
}
SHOWN = 6  # pictures of each kind
BINS = 40  # of the histogram
SHARE = 0.99  # of the errors that the histogram spans


def build(*, unseen: list[int] = (0,)) -> Callable:
    """Returns (data, nets, device) -> Anomaly.

    unseen: numbers of the classes kept out of the training rows, from 0.
    """
    return partial(Anomaly, unseen=list(unseen))


class Anomaly:
    """A net: pictures -> pictures in 0..1, trained on some classes; its error is the score of being strange."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, unseen: list[int]):
        self._check(unseen, data.classes)
        self.net, classes = nets["model"], torch.tensor(unseen)
        train, test = data.train, data.test
        self.inputs = as_floats(train.inputs[~torch.isin(train.targets, classes)]).to(device)
        self.test_inputs = as_floats(test.inputs).to(device)
        self.strange = torch.isin(test.targets, classes).to(device)  # (N,) bool
        self.rows = len(self.inputs)

    @staticmethod
    def _check(unseen: list[int], classes: tuple[str, ...]) -> None:
        fit = [number for number in set(unseen) if 0 <= number < len(classes)]
        if len(fit) < len(set(unseen)) or not 0 < len(fit) < len(classes):
            raise DltuiError(
                f"task.unseen = {unseen} does not part the {len(classes)} classes of these data.",
                f"Name some of 0 to {len(classes) - 1}, but not all: task.unseen=[0]"
                if len(classes) > 1
                else "Take data with two classes at least, such as mnist.",
                ExitStatus.USAGE,
            )

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        pictures = self.inputs[rows]
        return mse_loss(self.net(pictures), pictures)

    def errors(self) -> Tensor:
        """Mean squared error of each test picture (N,)."""
        return (self.net(self.test_inputs) - self.test_inputs).square().flatten(1).mean(1)

    def evaluate(self) -> dict[str, float]:
        from sklearn.metrics import roc_auc_score  # 1.8 s

        errors = self.errors()
        return {
            "known_error": errors[~self.strange].mean().item(),
            "unseen_error": errors[self.strange].mean().item(),
            "auc": roc_auc_score(self.strange.cpu().numpy(), errors.cpu().numpy()),
        }

    def pictures(self) -> Iterator[Picture]:
        errors = self.errors()
        yield Picture("errors", self._histogram(errors))
        yield Picture("rebuilt", self._rebuilt())
        yield Picture("ROC", roc_picture(errors, self.strange))

    def _histogram(self, errors: Tensor) -> dict:
        """The share of each side's test pictures in every range of error."""
        edges = torch.linspace(0, errors.quantile(SHARE).item(), BINS + 1)
        middles = ((edges[1:] + edges[:-1]) / 2).numpy()
        curves = []
        for name, mine in (("never seen", self.strange), ("known", ~self.strange)):
            counts = torch.histogram(errors[mine].cpu(), edges)[0]
            curves.append({"name": name, "x": middles, "y": (counts / mine.sum().item()).numpy()})
        return {"type": "lines", "curves": curves, "x_title": "error of a picture", "y_title": "share"}

    def _rebuilt(self) -> dict:
        """A row: a known picture and what the net makes of it, then one of a class it never saw, and the same."""
        known, unseen = (self.test_inputs[mine][:SHOWN] for mine in (~self.strange, self.strange))
        count = min(len(known), len(unseen))
        sheet = torch.stack([part[:count] for part in (known, self.net(known), unseen, self.net(unseen))], 1)
        return montage(sheet.flatten(0, 1), columns=4, title="known, rebuilt; never seen, rebuilt")
