"""Self-supervision: a net answers questions whose answers the pictures themselves give, so that it needs no labels.

What is asked is the recipe's `[loss]`: which way a picture was turned, which patch lies where, what was cut out.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.losses import rotation
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

PARTS = ("loss",)
PROBES = ("linear_probe",)
LOSS_HAS = ("pose", "scores", "shown")
NET_HAS = {"model": ("embed",)}
METRICS = {
    "loss": Metric("training loss of a batch of questions", better="lower", progress=True, rows="train"),
    "pretext_accuracy": Metric(
        "share of the questions about test pictures that are answered rightly",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "saturation": Metric(
        "how far from grey test pictures are painted, over how far they are; of a pretext loss that paints colours",
        range=(0, None),
        rows="test",
    ),
}
ROWS = 500  # pictures looked at together
SHOWN = 8


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Without a loss of the recipe's own: as rotation asks."""
    return rotation.facts_for(role, facts)


def build() -> Callable[[Context], "Pretext"]:
    """A net with `embed` is trained to answer the questions of `[loss]`, by default rotation."""
    return Pretext


class Pretext:
    """A net as contracts.models.Encoder says, (questions) -> outputs; the loss as contracts.loss.PretextLoss says."""

    def __init__(self, context: Context):
        self.net, self.rows = context.nets["model"], context.rows.pictures().labelled()
        self.pretext = context.loss or rotation.build()

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar."""
        questions, answers = self.pretext.pose(self.rows.train.batch(rows), self.rows.train.targets[rows])
        return self.pretext(self.net(questions), answers)

    def evaluate(self) -> dict[str, float]:
        measured = {"pretext_accuracy": self.scores(self.rows.test).mean().item()}
        if hasattr(self.pretext, "saturation"):
            questions, answers = self.pretext.pose(self.rows.test.inputs[:ROWS], self.rows.test.targets[:ROWS])
            painted, truth = self.pretext.saturation(self.net(questions), answers)
            measured["saturation"] = (painted / truth.clamp(min=1e-6)).item()
        return measured

    def seen(self, pictures: Tensor) -> Tensor:
        """Pictures (N, C, H, W) as the net is to see them: in grey where it learned from grey ones."""
        return self.pretext.seen(pictures) if hasattr(self.pretext, "seen") else pictures

    def scores(self, rows: RowSplit) -> Tensor:
        """-> the mean score of each row's questions (N,)."""
        found = []
        for inputs, targets in rows.parts(ROWS):
            questions, answers = self.pretext.pose(inputs, targets)
            found.append(self.pretext.scores(self.net(questions), answers).view(len(inputs), -1).mean(1))
        return torch.cat(found)

    def pictures(self) -> Iterator[Picture]:
        """A question about each of the first test pictures with what the net makes of it; then the score by class."""
        test, classes = self.rows.test, self.rows.classes
        few = test.inputs[:SHOWN]
        questions, answers = self.pretext.pose(few, test.targets[:SHOWN])
        asked = torch.arange(len(questions), device=questions.device)
        if not getattr(self.pretext, "together", False):
            number, each = asked[: len(few)], len(questions) // len(few)
            asked = number * each + (number + 1) % each  # one question about each picture, in turn
        shown = self.pretext.shown(questions[asked], self.net(questions[asked]), answers[asked])
        if shown:
            sheet = montage(torch.cat(list(shown.values())), columns=len(few), row_titles=list(shown))
            yield Picture("questions", sheet)
        scores, counts = self.scores(test), test.targets.bincount(minlength=len(classes))
        by_class = torch.zeros(len(classes), device=scores.device).index_add_(0, test.targets, scores) / counts
        there = counts > 0
        labels = [name for name, has in zip(classes, there.tolist(), strict=True) if has]
        title = "questions answered rightly, by class of the picture"
        yield Picture("by class", Bars(labels=labels, values=by_class[there].tolist(), title=title))


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Outputs (M, outputs)."""
    return (facts["outputs"],)
