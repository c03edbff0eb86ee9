"""Pruning: a net learns, loses its weights share by share, and learns on without them (Han et al. 2015)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.pruning import keep_best
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.weights import first_units
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "accuracy": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "sparsity": Metric("share of the weights that are cut"),
    "whole": Metric("accuracy of the whole net, just before the first cut"),
    "free": Metric("greatest share that cost at most one point of accuracy, the rest having learned on"),
    "free_at_once": Metric("greatest share that cost at most one point of accuracy at the moment of the cut"),
}
POINT = 0.01  # of accuracy
FARTHEST, BINS = 0.6, 121  # weights beyond are counted at the ends
WHOLE, CUT, TUNED = "whole", "just cut", "learned on"


def build(
    *,
    criterion: Literal["size", "random"] = "size",
    cuts: list[float] = (0.3, 0.5, 0.8, 0.9, 0.95, 0.98),
    settle: int = 1200,
    tune: int = 300,
) -> Callable:
    """Returns (data, nets, device) -> Prune.

    criterion: size cuts the smallest weights; random cuts any.
    cuts: shares of the weights that are cut in the end, one after the other, rising, above 0, below 1.
    settle: steps before the first cut, at least 1.
    tune: steps that the rest learns on after each cut, at least 1.
    """
    return partial(Prune, criterion=criterion, cuts=cuts, settle=settle, tune=tune)


class Prune:
    """Matrices and kernels are cut, biases are not. A weight that is cut is 0 for good."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, criterion: str, cuts: list[float],
        settle: int, tune: int,
    ):  # fmt: skip
        if list(cuts) != sorted(set(cuts)):
            raise DltuiError(
                f"task.cuts {list(cuts)} must rise: what is cut does not grow back.",
                "Example: task.cuts=[0.5,0.8,0.9]",
                ExitStatus.USAGE,
            )
        self.net, self.criterion, self.cuts, self.settle, self.tune = nets["model"], criterion, list(cuts), settle, tune
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.weights = weights_of(self.net)
        self.masks = nn.ParameterList(nn.Parameter(torch.ones_like(w), requires_grad=False) for w in self.weights)
        nets["masks"] = self.masks
        self.told = nets["told"] = Told(len(cuts))
        self.place = nets["place"] = Counters(step=0, made=0)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.net(self.inputs[rows]), self.targets[rows])

    @torch.no_grad()
    def after_step(self) -> None:
        """What was cut stays 0; and when its time has come the next share is cut."""
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight *= mask
        self.place["step"] += 1
        made = self.place["made"]
        if made < len(self.cuts) and self.place["step"] == self.settle + made * self.tune:
            before = self._accuracy()
            if made:
                self.told.tuned[made - 1] = before
            else:
                self.told.whole.fill_(before)
            self._cut(self.cuts[made])
            self.told.cut[made] = self._accuracy()
            self.place["made"] = made + 1

    def _cut(self, share: float) -> None:
        if self.criterion == "size":
            scores = [weight.abs() for weight in self.weights]
        else:  # what is cut already scores lowest
            generator = torch.Generator().manual_seed(torch.initial_seed())
            drawn = [torch.rand(weight.shape, generator=generator).to(weight.device) for weight in self.weights]
            scores = [draw + mask for draw, mask in zip(drawn, self.masks, strict=True)]
        for weight, mask, keep in zip(self.weights, self.masks, keep_best(scores, share), strict=True):
            mask.copy_(keep)
            weight *= keep

    def _accuracy(self) -> float:
        training = self.net.training
        self.net.eval()
        right = self.net(self.test_inputs).argmax(1) == self.test_targets
        self.net.train(training)
        return right.float().mean().item()

    def evaluate(self) -> dict[str, float]:
        made, accuracy = self.place["made"], self._accuracy()
        if made:
            self.told.tuned[made - 1] = accuracy
        kept = sum(mask.sum().item() for mask in self.masks)
        values = {"accuracy": accuracy, "sparsity": 1 - kept / sum(mask.numel() for mask in self.masks)}
        if made:
            values |= {"whole": self.told.whole.item()}
            values |= {"free": self._free(self.told.tuned), "free_at_once": self._free(self.told.cut)}
        return values

    def _free(self, accuracies: Tensor) -> float:
        """The greatest share so far whose accuracy is at most a point below the whole net's."""
        bound = self.told.whole.item() - POINT
        return max([0.0, *(cut for cut, found in zip(self.cuts, accuracies.tolist(), strict=True) if found >= bound)])

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("weights left", self._spread())
        if self.place["made"]:
            yield Picture("accuracy", self._curves())
        if units := first_units(self.net, self.inputs.shape[1:]):
            yield Picture("first units", units)
            yield Picture("pixels looked at", self._looked_at())

    def _spread(self) -> dict:
        """How the weights that are left lie: a hole grows around 0 where the smallest are cut."""
        kept = torch.cat([w[mask.bool()].float() for w, mask in zip(self.weights, self.masks, strict=True)]).cpu()
        half = FARTHEST / (BINS - 1)  # so that the middle of a bin is 0
        counts = torch.histc(kept.clamp(-FARTHEST, FARTHEST), BINS, -FARTHEST - half, FARTHEST + half)
        places = torch.linspace(-FARTHEST, FARTHEST, BINS)
        curve = {"name": f"{len(kept):,} weights", "x": places.numpy(), "y": counts.numpy()}
        return {"type": "lines", "curves": [curve], "x_title": "weight", "y_title": "count"}

    def _curves(self) -> dict:
        """Accuracy against the share that is cut, at once and after learning on."""
        made = self.place["made"]
        whole = self.told.whole.item()
        curves = [
            {"name": name, "x": [0.0, *self.cuts[:made]], "y": [whole, *found[:made].tolist()]}
            for name, found in ((CUT, self.told.cut), (TUNED, self.told.tuned))
        ]
        return {"type": "lines", "curves": curves, "x_title": "share cut", "y_title": "accuracy"}

    def _looked_at(self) -> dict:
        """Of each pixel, the share of the first units that it still reaches."""
        shares = self.masks[0].float().mean(0).view(-1, *self.inputs.shape[-2:]).mean(0)
        return montage((shares / shares.max().clamp(min=1e-6))[None, None], title="units that a pixel still reaches")


class Told(nn.Module):
    """Accuracies on the test rows, as buffers: `whole` before the first cut, `cut` and `tuned` after each."""

    def __init__(self, cuts: int):
        super().__init__()
        self.register_buffer("whole", torch.zeros(()))
        self.register_buffer("cut", torch.full((cuts,), torch.nan))
        self.register_buffer("tuned", torch.full((cuts,), torch.nan))
