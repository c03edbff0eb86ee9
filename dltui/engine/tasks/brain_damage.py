"""Three rules which weight to cut, on the same net: its size, its curvature, and all curvatures together."""

import copy
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dltui.engine.algorithms.brain_damage import curvature_factor, damage, operate
from dltui.engine.algorithms.pruning import keep_best
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.models import mlp
from dltui.engine.pictures.montage import montage
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "sparsity": Metric("share of the weights that are cut"),
    "loss_size": Metric("mean loss on the test rows, the smallest weights cut", better="lower", progress=True),
    "loss_damage": Metric("the same, cut by a^2 H_ii", better="lower", progress=True),
    "loss_surgeon": Metric("the same, cut by a^2 / [H^-1]_ii, the others moved", better="lower", progress=True),
    "accuracy_size": Metric(
        "share of the test rows classified rightly, the smallest weights cut", better="higher", range=(0, 1)
    ),
    "accuracy_damage": Metric("the same, cut by a^2 H_ii", better="higher", range=(0, 1)),
    "accuracy_surgeon": Metric("the same, cut by a^2 / [H^-1]_ii", better="higher", range=(0, 1)),
}
RULES = ("size", "damage", "surgeon")
RATE, DECAY = 0.01, 1e-4  # of the training before
ROWS = 300  # training rows that curvatures are measured on
LARGEST = 5000  # weights whose curvatures, one of each with each, have room
LOWEST = 1e-9  # cost that is drawn
UNITS = 8  # of the first layer that are drawn


def build(*, hidden: int = 12, learn: int = 400, share: float = 0.02, damping: float = 1e-5) -> Callable:
    """Returns (data, nets, device) -> BrainDamage.

    hidden: units of the hidden layer, at least 1, at most 200.
    learn: steps of training before the first cut, at least 1.
    share: of the weights cut at each step, above 0, at most 1.
    damping: added to every curvature, so that they can be inverted, above 0.
    """
    return partial(BrainDamage, hidden=hidden, learn=learn, share=share, damping=damping)


class BrainDamage:
    """A net that has learned, three times. Each rule cuts its own copy and nothing is learned any more.

    Curvatures are measured anew at each step, where the weights now are. Biases stay.
    """

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, hidden: int, learn: int, share: float,
        damping: float,
    ):  # fmt: skip
        inputs, classes = data.train.inputs[0].numel(), len(data.classes)
        if (inputs + classes) * hidden > LARGEST:
            raise DltuiError(
                f"A net of {(inputs + classes) * hidden:,} weights has too many pairs of them; {LARGEST:,} at most.",
                "Make task.hidden smaller, or take data.kind=digits.",
                ExitStatus.USAGE,
            )
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.share, self.damping = share, damping
        self.whole = mlp.build(inputs=inputs, hidden=[hidden], outputs=classes).to(device)
        self.names = [name for name, p in self.whole.named_parameters() if p.dim() > 1]
        self._learn(learn)
        self.nets = {rule: copy.deepcopy(self.whole) for rule in RULES}
        nets |= self.nets
        a = self._weights("size")
        self.began = a.abs(), damage(a, self._curvatures(self.whole))  # of the whole net's weights
        self.place = nets["place"] = Counters(step=0)
        self.told = nets["told"] = Told(math.ceil(1 / share) + 1)

    def _learn(self, steps: int) -> None:
        optimizer = torch.optim.Adam(self.whole.parameters(), RATE, weight_decay=DECAY)
        with torch.enable_grad():
            for _ in range(steps):
                optimizer.zero_grad()
                cross_entropy(self.whole(self.inputs), self.targets).backward()
                optimizer.step()
        self.whole.requires_grad_(False)

    # -- cutting ---------------------------------------------------------------------------------------------------

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = min(step, len(self.told.losses) - 1)
        cut = min(1.0, self.place["step"] * self.share)
        for rule in RULES:
            self._put(rule, self._cut(rule, self._weights(rule), cut))
        return {}

    @torch.no_grad()
    def _cut(self, rule: str, a: Tensor, cut: float) -> Tensor:
        """a (P) -> the weights of which `cut` are 0, by the rule."""
        if rule == "surgeon":
            left = a != 0
            count = round(cut * len(a)) - int((~left).sum())
            a[left] = operate(a[left], self._inverse(self.nets[rule], left), count)
            return a
        scores = a.abs()
        if rule == "damage":
            scores = damage(a, self._curvatures(self.nets[rule]))
        return torch.where(keep_best([scores], cut)[0], a, 0)

    def _factor(self, net: nn.Module) -> Tensor:
        with torch.enable_grad():
            return curvature_factor(net, self.names, self.inputs[:ROWS])

    def _curvatures(self, net: nn.Module) -> Tensor:
        """H_ii (P)."""
        return self._factor(net).square().sum(0) + self.damping

    def _inverse(self, net: nn.Module, left: Tensor) -> Tensor:
        """H^-1 of the weights that are left."""
        A = self._factor(net)[:, left].double()
        H = A.T @ A
        H.diagonal().add_(self.damping)
        return torch.cholesky_inverse(torch.linalg.cholesky(H))

    def _weights(self, rule: str) -> Tensor:
        """(P), float64: two curvatures can differ by more than float32 holds."""
        return parameters_to_vector(weights_of(self.nets[rule])).detach().double()

    def _put(self, rule: str, a: Tensor) -> None:
        weights = weights_of(self.nets[rule])
        vector_to_parameters(a.to(weights[0].dtype), weights)

    # -- what is told ----------------------------------------------------------------------------------------------

    def evaluate(self) -> dict[str, float]:
        """Losses and accuracies now; the losses are kept for the curves."""
        values = {"sparsity": (self._weights("size") == 0).double().mean().item()}
        for column, (rule, net) in enumerate(self.nets.items()):
            logits = net(self.test_inputs)
            loss = cross_entropy(logits, self.test_targets).item()
            self.told.losses[self.place["step"], column] = loss
            right = logits.argmax(1) == self.test_targets
            values |= {f"loss_{rule}": loss, f"accuracy_{rule}": right.float().mean().item()}
        return values

    def pictures(self) -> Iterator[Picture]:
        """The loss of each rule, which weights each has cut, and the weights of their first units as pictures."""
        told = self.told.losses.isfinite().all(1).nonzero()[:, 0]
        shares = (told * self.share).clamp(max=1).tolist()
        curves = [
            {"name": rule, "x": shares, "y": self.told.losses[told, column].tolist()}
            for column, rule in enumerate(RULES)
        ]
        axes = {"x_title": "share cut", "y_title": "test loss", "log_y": True}
        yield Picture("loss", {"type": "lines", "curves": curves, **axes})
        yield Picture("size and cost", self._choices())
        if (units := self._units()) is not None:
            yield Picture("first units", units)

    def _choices(self) -> dict:
        """Each weight of the whole net: its size, what it costs alone, and which of two rules has cut it."""
        sizes, costs = self.began
        by_size, by_cost = (self._weights(rule) == 0 for rule in ("size", "damage"))
        label = by_size.long() + 2 * by_cost.long()
        return {
            "type": "scatter",
            "x": sizes.clamp(min=1e-3).log10().tolist(),
            "y": costs.clamp(min=LOWEST).log10().tolist(),
            "label": label.tolist(),
            "classes": ["left by both", "cut by size", "cut by damage", "cut by both"],
            "x_title": "log10 |a|",
            "y_title": "log10 a^2 H_ii",
        }

    def _units(self) -> dict | None:
        """A row a rule: the first layer's weights as pictures, grey for 0. None where rows are no grey pictures."""
        shape = self.inputs.shape[1:]
        if len(shape) != 3 or shape[0] != 1:
            return None
        first = [weights_of(net)[0][:UNITS] for net in self.nets.values()]
        scale = weights_of(self.whole)[0].abs().max()
        pictures = torch.cat([0.5 + 0.5 * rows / scale for rows in first]).view(-1, *shape)
        return montage(pictures, columns=len(first[0]), title=f"from above: {', '.join(RULES)}")


class Told(nn.Module):
    """The test loss by each of RULES after each step, as a buffer (T, 3); NaN where it was not looked at."""

    def __init__(self, steps: int):
        super().__init__()
        self.register_buffer("losses", torch.full((steps, len(RULES)), torch.nan))
