"""Fine-tuning: a net that was pretrained on some classes learns new ones from a few pictures (Yosinski et al. 2014,
arXiv:1411.1792; gradual unfreezing and discriminative learning rates: Howard and Ruder 2018, arXiv:1801.06146)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Picture
from dltui.engine.models.pretraining import pretrain
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.payloads import Bars

TASKS = ("classify",)
METRICS = {}
DEPTH_FACTOR = 2.6  # a part learns so many times more slowly than the one above it (Howard and Ruder)


def build(
    *,
    method: Literal["scratch", "frozen", "full", "gradual", "discriminative"] = "gradual",
    body_lr: float = 0.1,
    unfreeze_steps: int = 40,
) -> Callable[[Classify], "FineTuning"]:
    """For a net whose `parts` can be told apart, from the input to the `head`, and data with rows to pretrain on.

    method: scratch, random weights; else a body that learned the other classes: frozen, only the head learns; full,
        everything at a low rate; gradual, the head alone at first, then part after part below it at a low rate;
        discriminative, everything, the more slowly the deeper below the head.
    body_lr: the low rate of full and gradual, as a share of the optimizer's, above 0, at most 1.
    unfreeze_steps: steps until gradual lets one more part learn, at least 1.
    """
    return partial(FineTuning, method=method, body_lr=body_lr, unfreeze_steps=unfreeze_steps)


class FineTuning(nn.Module):
    """See contracts.callback.Callback."""

    def __init__(self, task: Classify, method: str, body_lr: float, unfreeze_steps: int):
        super().__init__()
        net = task.net
        if not hasattr(net, "parts"):
            raise DltuiError(
                "Fine-tuning needs a model whose parts can be told apart, from the input to the head.",
                'Set model.kind="resnet".',
                ExitStatus.USAGE,
            )
        self.method, self.body_lr, self.unfreeze_steps = method, body_lr, unfreeze_steps
        if method != "scratch":
            _pretrain(task)
        self.parts = tuple(net.parts)  # not registered: they are the net's, and saved with it
        stages = (f"stage {k}" for k in range(1, len(self.parts) - 1))
        self.names = getattr(net, "part_names", ("stem", *stages))  # of the body's
        if method == "frozen":
            net.requires_grad_(False)
            net.head.requires_grad_()
        self.began = [_weights(part) for part in self.parts[:-1]]
        self._step = Counter(self, "step")

    def rates(self) -> list[float]:
        """Returns the rate of each part now, from the input to the head, as a share of the optimizer's; 0 is frozen."""
        above = range(len(self.parts) - 1, -1, -1)  # how many parts lie between a part and the loss
        if self.method == "frozen":
            return [float(k == 0) for k in above]
        if self.method == "full":
            return [self.body_lr] * len(self.parts)
        if self.method == "gradual":
            unfrozen = int(self._step) // self.unfreeze_steps
            return [1.0 if k == 0 else self.body_lr * (k <= unfrozen) for k in above]
        if self.method == "discriminative":
            return [DEPTH_FACTOR**-k for k in above]
        return [1.0] * len(self.parts)

    def parameter_groups(self, role: str) -> list[dict]:
        """A group a part; one that is still frozen has the rate at which it will learn."""
        scales = [rate or self.body_lr for rate in self.rates()]
        pairs = zip(self.parts, scales, strict=True)
        return [{"params": list(part.parameters()), "lr_scale": scale} for part, scale in pairs]

    def before_step(self, step: int) -> None:
        """A frozen part keeps its weights and the means and variances of its batch normalisation."""
        for part, rate in zip(self.parts, self.rates(), strict=True):
            part.train(rate > 0)
            part.requires_grad_(rate > 0)

    def after_step(self, step: int) -> None:
        self._step.set(step)

    def moved(self) -> list[float]:
        """Returns how far the weights of each part of the body are from where they began, as a share of their length
        then. (The head is new and moves far: beside it the others could not be seen.)
        """
        pairs = zip(self.began, map(_weights, self.parts[:-1]), strict=True)
        return [((now - began).norm() / began.norm()).item() for began, now in pairs]

    def pictures(self) -> Iterator[Picture]:
        labels = [f"{name} x{rate:.2g}" for name, rate in zip(self.names, self.rates()[:-1], strict=True)]
        title = "how far the weights of each part of the body have moved; its learning rate now"
        yield Picture("body", Bars(labels=labels, values=self.moved(), title=title))


def _pretrain(task: Classify) -> None:
    """Gives the net's body the weights of one that learned the other classes; its head stays. Raises DltuiError (2)."""
    net, base = task.net, task.rows.data.base
    if base is None:
        raise DltuiError(
            "Fine-tuning needs rows of other classes to pretrain on; these data have none.",
            "Set data.kind=cifar10 data.new_classes=4.",
            ExitStatus.USAGE,
        )
    head, device = net.head, task.rows.device
    net.head = nn.Linear(head.in_features, int(base.targets.max()) + 1).to(device)
    pretrain(net, base, device)
    net.head = head


def _weights(part: nn.Module) -> Tensor:
    """All weights of a part as one vector."""
    return torch.cat([p.detach().flatten() for p in part.parameters()]).clone()
