"""Pruning: a net learns, loses weights share by share, and learns on (Han et al. 2015, arXiv:1506.02626)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.weights import first_units
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
LIVE = ("finetune_steps",)
METRICS = {
    "sparsity": Metric("share of the weights that are pruned", range=(0, 1)),
    "dense_accuracy": Metric(
        "accuracy of the net, just before it is pruned first", better="higher", range=(0, 1), rows="test"
    ),
    "lossless_sparsity": Metric(
        "greatest sparsity that cost at most one point of accuracy, the rest having learned on",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "lossless_sparsity_untuned": Metric(
        "greatest sparsity that cost at most one point of accuracy, just after pruning",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
POINT = 0.01  # of accuracy
FARTHEST, BINS = 0.6, 121  # weights beyond are counted at the ends


def build(
    *,
    criterion: Literal["magnitude", "random"] = "magnitude",
    sparsities: list[float] = (0.3, 0.5, 0.8, 0.9, 0.95, 0.98),
    start_step: int = 1200,
    finetune_steps: int = 300,
) -> Callable[[Classify], "Pruning"]:
    """Matrices and kernels are pruned, biases are not; all layers share one sparsity.

    criterion: magnitude prunes the smallest weights; random prunes any.
    sparsities: shares of the weights that are pruned in the end, one after the other, rising, above 0, below 1.
    start_step: steps before it is pruned first, at least 1.
    finetune_steps: steps that the rest learns on each time, at least 1.
    """
    if list(sparsities) != sorted(set(sparsities)):
        raise DltuiError(
            f"callback.sparsities {list(sparsities)} must rise: what is pruned does not grow back.",
            "Example: callback.sparsities=[0.5,0.8,0.9]",
            ExitStatus.USAGE,
        )
    return partial(
        Pruning, criterion=criterion, sparsities=list(sparsities), start_step=start_step, finetune_steps=finetune_steps
    )


class Pruning(nn.Module):
    """See contracts.callback.Callback. A weight that is pruned is 0 for good, by a mask of torch.nn.utils.prune.

    Accuracies on the test rows, as buffers: `dense` before, `untuned` just after each pruning, `tuned` when the rest
    has learned on.
    """

    def __init__(self, task: Classify, criterion: str, sparsities: list[float], start_step: int, finetune_steps: int):
        super().__init__()
        self.task, self.criterion, self.sparsities = task, criterion, sparsities
        self.start_step, self.finetune_steps = start_step, finetune_steps
        self.places = [
            (module, name)
            for module in task.net.modules()
            for name, weight in list(module.named_parameters(recurse=False))
            if weight.dim() > 1
        ]
        with torch.no_grad():
            for module, name in self.places:
                prune.identity(module, name)
        self._count = Counter(self, "count")  # how often it has been pruned
        self._last_step = Counter(self, "last_step")
        self.register_buffer("dense", torch.zeros(()))
        self.register_buffer("untuned", torch.full((len(sparsities),), torch.nan))
        self.register_buffer("tuned", torch.full((len(sparsities),), torch.nan))

    @property
    def weights(self) -> list[Tensor]:
        """The weights that the optimizer moves."""
        return [getattr(module, f"{name}_orig") for module, name in self.places]

    @property
    def masks(self) -> list[Tensor]:
        return [getattr(module, f"{name}_mask") for module, name in self.places]

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """What was pruned stays 0, whatever momentum does; and when its time has come the next share is pruned."""
        self._zero()
        count = int(self._count)
        due = step - int(self._last_step) >= self.finetune_steps if count else step >= self.start_step
        if not due or count == len(self.sparsities):
            return
        (self.tuned[count - 1] if count else self.dense).fill_(self._accuracy())
        self._prune(self.sparsities[count])
        self.untuned[count] = self._accuracy()
        self._count.set(count + 1)
        self._last_step.set(step)

    def _zero(self) -> None:
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight *= mask

    def _prune(self, sparsity: float) -> None:
        method = prune.L1Unstructured if self.criterion == "magnitude" else prune.RandomUnstructured
        more = round(sparsity * sum(mask.numel() for mask in self.masks)) - self._pruned()
        scores = dict(zip(self.places, self.weights, strict=True))
        prune.global_unstructured(self.places, method, importance_scores=scores, amount=more)
        self._zero()

    def _pruned(self) -> int:
        return sum(int((mask == 0).sum()) for mask in self.masks)

    def _accuracy(self) -> float:
        training, test = self.task.net.training, self.task.rows.test
        self.task.net.eval()
        right = self.task.predictions(self.task.logits(test.inputs)) == test.targets
        self.task.net.train(training)
        return right.float().mean().item()

    def evaluate(self) -> dict[str, float]:
        values = {"sparsity": self._pruned() / sum(mask.numel() for mask in self.masks)}
        if count := int(self._count):
            self.tuned[count - 1] = self._accuracy()
            values |= {"dense_accuracy": self.dense.item(), "lossless_sparsity": self._lossless(self.tuned)}
            values |= {"lossless_sparsity_untuned": self._lossless(self.untuned)}
        return values

    def _lossless(self, accuracies: Tensor) -> float:
        """The greatest sparsity so far whose accuracy is at most a point below the whole net's."""
        bound, found = self.dense.item() - POINT, accuracies.tolist()
        return max([0.0, *(share for share, a in zip(self.sparsities, found, strict=True) if a >= bound)])

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("weights left", self._spread())
        if int(self._count):
            yield Picture("accuracy", self._curves())
        shape = self.task.rows.train.stored.shape[1:]
        if units := first_units(self.task.net, shape):
            yield Picture("first units", units)
            shares = self.masks[0].float().mean(0).view(shape).mean(0)  # (H, W)
            shares = (shares / shares.max().clamp(min=1e-6))[None, None]
            yield Picture("pixels looked at", montage(shares, title="units that a pixel still reaches"))

    def _spread(self) -> Lines:
        """How the weights that are left lie: a gap grows around 0 where the smallest are pruned."""
        pairs = zip(self.weights, self.masks, strict=True)
        left = torch.cat([weight[mask.bool()].float() for weight, mask in pairs]).cpu()
        half = FARTHEST / (BINS - 1)  # so that the middle of a bin is 0
        counts = torch.histc(left.clamp(-FARTHEST, FARTHEST), BINS, -FARTHEST - half, FARTHEST + half)
        places = torch.linspace(-FARTHEST, FARTHEST, BINS)
        curve = Curve(name=f"{len(left):,} weights", x=places.numpy(), y=counts.numpy())
        return Lines(curves=[curve], x_title="weight", y_title="count")

    def _curves(self) -> Lines:
        """Accuracy against sparsity, just after pruning and when the rest has learned on."""
        count, dense = int(self._count), self.dense.item()
        curves = [
            Curve(name=name, x=[0.0, *self.sparsities[:count]], y=[dense, *found[:count].tolist()])
            for name, found in (("just pruned", self.untuned), ("fine-tuned", self.tuned))
        ]
        return Lines(curves=curves, x_title="sparsity", y_title="accuracy")
