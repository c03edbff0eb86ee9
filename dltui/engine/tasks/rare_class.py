"""Two classes, one of them rare: what accuracy hides, and what a larger weight of the rare class changes."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.algorithms.rare_class import average_precision, precision_recall, scores
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.plane import decision_field
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("weight", "threshold")
METRICS = {
    "loss": Metric("training loss of a batch, the rare class weighted", better="lower", progress=True),
    "accuracy": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "precision": Metric("share of the rows called rare that are", better="higher", range=(0, 1)),
    "recall": Metric("share of the rare rows that were called rare", better="higher", range=(0, 1)),
    "f1": Metric("harmonic mean of precision and recall", better="higher", range=(0, 1)),
    "average_precision": Metric(
        "area under the curve of precision over recall: of all thresholds together", better="higher", range=(0, 1)
    ),
    "always_common": Metric("accuracy of who calls no row rare"),
}
COMMON, RARE = 100, 40  # points that are drawn


def build(*, weight: float = 1.0, threshold: float = 0.5) -> Callable:
    """Returns (data, nets, device) -> RareClass.

    weight: how much a row of the rare class counts in the loss, above 0; one of the common class counts 1.
    threshold: probability from which on a row is called rare, above 0, below 1.
    """
    return partial(RareClass, weight=weight, threshold=threshold)


class RareClass:
    """A net that gives one logit, (B, 1). Of two classes the one with fewer training rows is the rare one."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, weight: float, threshold: float
    ):
        if len(data.classes) != 2:
            raise DltuiError(
                f"One class beside a rare one makes two; these data have {len(data.classes)}.",
                "Take data of two classes, such as rare or breast_cancer.",
                ExitStatus.USAGE,
            )
        self.net, self.classes, self.weight, self.threshold = nets["model"], data.classes, weight, threshold
        self.rare = int(data.train.targets.bincount(minlength=2).argmin())
        self.inputs, self.test_inputs = (as_floats(split.inputs).to(device) for split in (data.train, data.test))
        self.truth, self.test_truth = ((split.targets == self.rare).to(device) for split in (data.train, data.test))
        self.rows = len(self.inputs)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """Mean of -(w y log p + (1 - y) log(1 - p))."""
        logits = self.net(self.inputs[rows])[:, 0]
        w = torch.tensor(self.weight, device=logits.device)
        return binary_cross_entropy_with_logits(logits, self.truth[rows].to(logits.dtype), pos_weight=w)

    def probability(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> (N,): of the rare class, as the net says."""
        return self.net(inputs)[:, 0].float().sigmoid()

    def evaluate(self) -> dict[str, float]:
        p = self.probability(self.test_inputs)
        return {
            **scores(p >= self.threshold, self.test_truth)._asdict(),
            "average_precision": average_precision(*precision_recall(p, self.test_truth)),
            "always_common": 1 - self.test_truth.double().mean().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """On a plane the field, else the counts; then what each threshold would give."""
        p = self.probability(self.test_inputs)
        said = p >= self.threshold
        if self.inputs.shape[1:] == (2,):
            yield Picture("field", self._field())
        yield Picture("scores", self._scores(said))
        yield Picture("precision over recall", self._curve(p))
        names = tuple(self.classes[number] for number in (1 - self.rare, self.rare))
        yield Picture("counts", confusion(self.test_truth.long(), said.long(), names))

    def _field(self) -> dict:
        """Some rows of both classes, the rare ones as large a part as can be seen, over what the net says."""
        kept = torch.cat([(self.test_truth == rare).nonzero()[:most, 0] for rare, most in ((0, COMMON), (1, RARE))])
        kept = kept.sort().values
        corners = self.test_inputs.amin(0), self.test_inputs.amax(0)
        names = [self.classes[number] for number in (1 - self.rare, self.rare)]
        return decision_field(
            lambda rows: self._leaning(rows), self.test_inputs[kept], self.test_truth[kept].long(), names, corners
        )

    def _leaning(self, rows: Tensor) -> Tensor:
        """Probability, moved so that a half lies where the threshold does."""
        p, t = self.probability(rows), self.threshold
        return torch.where(p < t, p / (2 * t), 1 - (1 - p) / (2 * (1 - t)))

    def _scores(self, said: Tensor) -> dict:
        """The net beside who calls no row rare."""
        never = scores(torch.zeros_like(said), self.test_truth)
        now = scores(said, self.test_truth)
        rows = [[name, float(blind), float(seen)] for name, blind, seen in zip(now._fields, never, now, strict=True)]
        return {"type": "table", "columns": ["", f"always {self.classes[1 - self.rare]}", "the net"], "rows": rows}

    def _curve(self, p: Tensor) -> dict:
        precision, recall = precision_recall(p, self.test_truth)
        share = self.test_truth.double().mean().item()
        _, now_precision, now_recall, _ = scores(p >= self.threshold, self.test_truth)
        curves = [
            {"name": f"threshold {self.threshold:g}", "x": [now_recall, now_recall], "y": [0.0, now_precision]},
            {"name": f"all, area {average_precision(precision, recall):.2f}", "x": recall.cpu().numpy(),
             "y": precision.cpu().numpy()},
            {"name": "guessing", "x": [0.0, 1.0], "y": [share, share]},
        ]  # fmt: skip
        return {"type": "lines", "curves": curves, "x_title": "recall", "y_title": "precision"}


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """One logit for two classes."""
    return {"outputs": 1}
