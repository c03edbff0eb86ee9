"""The labels themselves are asked for: what encoders that learn without labels are compared with."""

from torch import Tensor
from torch.nn.functional import cross_entropy

TASKS = ("pretext",)


def build() -> "Supervised":
    """The question is the picture as it is, the answer its class; every training row's label is used."""
    return Supervised()


class Supervised:
    """See contracts.loss.PretextLoss."""

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W), (B,) -> both as they are."""
        return pictures, classes

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, classes), answers (M,) -> scalar."""
        return cross_entropy(outputs, answers)

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> 1 where the class is recognised (M,)."""
        return (outputs.argmax(1) == answers).float()

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> nothing: every row's question is its picture."""
        return {}


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """A logit for each class."""
    return {"outputs": facts["classes"]}
