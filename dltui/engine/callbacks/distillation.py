"""Distillation from embeddings: a student's features are drawn towards those of a teacher that gives nothing else
(Hinton, Vinyals, Dean 2015, arXiv:1503.02531; hints from hidden layers: Romero et al. 2015, FitNets, arXiv:1412.6550).
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, normalize

from dltui.engine.contracts.dataset import Split, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.models.encoder import Encoder
from dltui.engine.models.pretraining import pretrain
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "cosine": Metric(
        "mean cosine of the student's embeddings of test rows, projected, to the teacher's",
        better="higher",
        range=(-1, 1),
        rows="test",
    ),
}
WIDTH, REGIONS = 16, 2  # of the teacher
ROWS = 500  # pictures that the teacher is asked for together
BATCH = 64  # pictures without labels in a step
SHOWN = 8


def build(*, weight: float = 10.0, teacher_steps: int = 500) -> Callable[[Classify], "Distillation"]:
    """The student, a net with `embed`, learns the labels of its rows, and the teacher's embeddings of many other
    pictures, whose labels nobody tells it. The teacher is asked once, before the first step.

    weight: of 1 - cosine to the teacher's embeddings beside the loss, at least 0; 0 learns from the labels alone.
    teacher_steps: steps in which the teacher has learned to classify the other pictures, at least 0; 0 is a random net.
    """
    return partial(Distillation, weight=weight, teacher_steps=teacher_steps)


class Distillation(nn.Module):
    """See contracts.callback.Callback. Its projection, student's to teacher's embeddings, is trained with the net."""

    def __init__(self, task: Classify, weight: float, teacher_steps: int):
        super().__init__()
        base = task.rows.data.base
        if base is None or not hasattr(task.net, "embed"):
            raise DltuiError(
                "Distillation needs a net that embeds pictures, and pictures of other classes.",
                "Example: model.kind=encoder data.kind=cifar10 data.new_classes=4",
                ExitStatus.USAGE,
            )
        self.task, self.weight = task, weight
        self.many = base.inputs.to(task.rows.device)  # (M, C, H, W) uint8, without labels
        teacher = self._teacher(base, teacher_steps)
        known = asked(teacher, self.many)
        self.mean, self.deviation = known.mean(0), known.std(0).clamp(min=1e-4)
        self.known = self.standardised(known)  # (M, d): all that is left of the teacher for training
        self.of_test = self.standardised(asked(teacher, task.rows.test.inputs))
        own = task.net.embed(task.rows.test.inputs[:2]).shape[1]
        self.projection = nn.Linear(own, self.known.shape[1]).to(task.rows.device)
        task.regularizer = self.cost

    def _teacher(self, base: Split, steps: int) -> nn.Module:
        device, classes = self.task.rows.device, int(base.targets.max()) + 1
        with torch.random.fork_rng([device] if device.type == "cuda" else []):  # the run's own go on as if it were not
            teacher = Encoder(WIDTH, 2, REGIONS, 1, base.inputs.shape[1], classes).to(device)
        if steps:
            pretrain(teacher, base, device, steps)
        return teacher.eval()

    def standardised(self, embeddings: Tensor) -> Tensor:
        return (embeddings - self.mean) / self.deviation

    def parameter_groups(self, role: str) -> list[dict]:
        return [{"params": [*self.task.net.parameters(), *self.projection.parameters()]}]

    def cost(self, net: nn.Module) -> Tensor | float:
        """-> weight (1 - cosine), the mean over pictures that are drawn, a scalar."""
        if not self.weight:
            return 0.0
        rows = torch.randint(len(self.many), (BATCH,), device=self.many.device)
        student = self.projection(net.embed(as_floats(self.many[rows])))
        return self.weight * (1 - cosine_similarity(student, self.known[rows])).mean()

    def student(self) -> Tensor:
        """The student's embeddings of the test rows, projected (N, d)."""
        return self.projection(
            torch.cat([self.task.net.embed(part) for part in self.task.rows.test.inputs.split(ROWS)])
        )

    def evaluate(self) -> dict[str, float]:
        return {"cosine": cosine_similarity(self.student(), self.of_test).mean().item()}

    def pictures(self) -> Iterator[Picture]:
        """Below the first test pictures those that lie nearest to each, by the teacher and by the student."""
        inputs = self.task.rows.test.inputs
        rows = {"picture": inputs[:SHOWN]}
        for name, embeddings in (("teacher", self.of_test), ("student", self.student())):
            rows[name] = inputs[nearest(embeddings)]
        yield Picture("nearest", montage(torch.cat(list(rows.values())), columns=SHOWN, row_titles=list(rows)))


def nearest(embeddings: Tensor) -> Tensor:
    """(N, d) -> of each of the first SHOWN the row, not itself, with the highest cosine (SHOWN,) int64."""
    z = normalize(embeddings)
    return (z[:SHOWN] @ z.T).fill_diagonal_(-1).argmax(1)


@torch.no_grad()
def asked(teacher: nn.Module, pictures: Tensor) -> Tensor:
    """pictures (N, C, H, W) -> the teacher's embeddings (N, d)."""
    return torch.cat([teacher.embed(as_floats(part)) for part in pictures.split(ROWS)])
