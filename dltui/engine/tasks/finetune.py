"""Fine-tuning: a net that knows some classes learns new ones from a few pictures (Yosinski et al. 2014,
arXiv:1411.1792; stages and rates by depth: Howard and Ruder 2018, arXiv:1801.06146)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.pretraining import pretrain
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, Split, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.confusion import worst_mistakes
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch of the few pictures", better="lower", progress=True),
    "test_loss": Metric("mean loss on the test pictures of the new classes", better="lower"),
    "accuracy": Metric(
        "share of the test pictures of the new classes classified rightly", better="higher", range=(0, 1)
    ),
}
DEPTH_FACTOR = 2.6  # a part learns so many times more slowly than the one above it (Howard and Ruder)
ROWS = 1000  # test rows looked at together


def build(
    *,
    method: Literal["scratch", "frozen", "all", "staged", "depth"] = "staged",
    new: int = 4,
    shots: int = 10,
    low: float = 0.1,
    thaw: int = 40,
) -> Callable:
    """Returns (data, nets, device) -> Finetune.

    method: scratch, random weights; else a body that learned the other classes: frozen, only the head learns; all,
        everything at a low rate; staged, the head alone at first, then part after part below it at a low rate; depth,
        everything, the more slowly the deeper below the head.
    new: the last so many classes of the data are the new ones, at least 2.
    shots: training pictures of each new class, at least 1.
    low: the low rate of all and staged, as a share of the optimizer's, above 0, at most 1.
    thaw: steps until staged lets one more part learn, at least 1.
    """
    return partial(Finetune, method=method, new=new, shots=shots, low=low, thaw=thaw)


class Finetune:
    """A net with `parts` from its input to its `head`, a linear layer. Its body learned the classes before the new.

    A part's rate multiplies its gradients: for SGD with momentum that is the same as a learning rate of its own. (Adam
    divides by the size of the gradients and would not heed it.)
    """

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, method: str, new: int, shots: int,
        low: float, thaw: int,
    ):  # fmt: skip
        self.net, self.method, self.low, self.thaw = nets["model"], method, low, thaw
        old = len(data.classes) - new
        _check(data, self.net, old)
        self.classes = data.classes[old:]
        body, train, test = (_of_classes(data.train, 0, old), *(_of_classes(s, old, old + new) for s in data[:2]))
        few = _few(train.targets, shots)
        self.inputs, self.targets = as_floats(train.inputs[few]).to(device), train.targets[few].to(device)
        self.test_inputs, self.test_targets = as_floats(test.inputs).to(device), test.targets.to(device)
        self.rows = len(self.inputs)
        head = nn.Linear(self.net.head.in_features, new).to(device)  # drawn first: the same for every method
        if method != "scratch":
            self.net.head = nn.Linear(head.in_features, old).to(device)
            pretrain(self.net, body, device)
        self.net.head = head
        self.place = nets["place"] = Counters(step=0)
        self.parts = self.net.parts
        if method == "frozen":  # a part to be thawed has gradients of 0: torch's fused SGD wants all from the start
            self.net.requires_grad_(False)
            head.requires_grad_()
        self.began = [_weights(part) for part in self.parts[:-1]]
        for number, part in enumerate(self.parts):
            for p in filter(lambda p: p.requires_grad, part.parameters()):
                p.register_hook(lambda gradient, number=number: gradient * self.now[number])
        self._let_learn()

    def rates(self) -> list[float]:
        """Returns the rate of each part now, from the input to the head, as a share of the optimizer's; 0 is frozen."""
        above = range(len(self.parts) - 1, -1, -1)  # how many parts lie between a part and the loss
        if self.method == "frozen":
            return [float(k == 0) for k in above]
        if self.method == "all":
            return [self.low] * len(self.parts)
        if self.method == "staged":
            thawed = self.place["step"] // self.thaw
            return [1.0 if k == 0 else self.low * (k <= thawed) for k in above]
        if self.method == "depth":
            return [DEPTH_FACTOR**-k for k in above]
        return [1.0] * len(self.parts)

    def _let_learn(self) -> None:
        """A frozen part keeps its weights and the means and variances of its batch normalisation."""
        self.now = self.rates()
        for part, rate in zip(self.parts, self.now, strict=True):
            part.train(self.net.training and rate > 0)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        self._let_learn()
        return cross_entropy(self.net(self.inputs[rows]), self.targets[rows])

    def after_step(self) -> None:
        self.place["step"] += 1

    def _logits(self) -> Tensor:
        return torch.cat([self.net(part) for part in self.test_inputs.split(ROWS)]).float()

    def evaluate(self) -> dict[str, float]:
        logits = self._logits()
        return {
            "test_loss": cross_entropy(logits, self.test_targets).item(),
            "accuracy": (logits.argmax(1) == self.test_targets).float().mean().item(),
        }

    def moved(self) -> list[float]:
        """Returns how far the weights of each part of the body are from where they began, as a share of their length
        then. (The head is new and moves far: beside it the others could not be seen.)
        """
        pairs = zip(self.began, map(_weights, self.parts[:-1]), strict=True)
        return [((now - began).norm() / began.norm()).item() for began, now in pairs]

    def pictures(self) -> Iterator[Picture]:
        names = ["stem", *(f"stage {k}" for k in range(1, len(self.parts) - 1))]
        labels = [f"{name} x{rate:.2g}" for name, rate in zip(names, self.rates()[:-1], strict=True)]
        title = "how far the weights of each part of the body have moved; its rate now"
        yield Picture("body", {"type": "bars", "labels": labels, "values": self.moved(), "title": title})
        mistakes = worst_mistakes(self.test_inputs, self.test_targets, self._logits().softmax(1), self.classes)
        if mistakes:
            yield Picture("mistakes", mistakes)


def _check(data: Dataset, net: nn.Module, old: int) -> None:
    if data.train.inputs.dim() != 4 or old < 2:
        raise DltuiError(
            f"Fine-tuning needs pictures in at least two classes beside the new ones; these data have "
            f"{len(data.classes)} classes.",
            "Make task.new smaller, or take data such as cifar10.",
            ExitStatus.DATA,
        )
    if not hasattr(net, "parts"):
        raise DltuiError(
            "Fine-tuning needs a model whose parts can be told apart, from the input to the head.",
            'Set model.kind="resnet".',
            ExitStatus.USAGE,
        )


def _of_classes(split: Split, first: int, end: int) -> Split:
    """The rows of the classes first..end - 1, their classes counted from 0."""
    rows = ((split.targets >= first) & (split.targets < end)).nonzero()[:, 0]
    return Split(split.inputs[rows], split.targets[rows] - first)


def _few(targets: Tensor, shots: int) -> Tensor:
    """Rows of `shots` pictures of each class, drawn by the run's seed alone, so that every method gets the same."""
    generator = torch.Generator().manual_seed(torch.initial_seed())
    order = torch.randperm(len(targets), generator=generator)
    return torch.cat([order[targets[order] == number][:shots] for number in range(int(targets.max()) + 1)])


def _weights(part: nn.Module) -> Tensor:
    """All weights of a part as one vector."""
    return torch.cat([p.detach().flatten() for p in part.parameters()]).clone()
