"""What the nets of a trained run are asked, with an example of the tensors that they are given."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.optim.swa_utils import AveragedModel

from dltui.engine.reading.sentences import PAD
from dltui.engine.training.learner import Learner

ROWS = 2  # of an example
OTHERS = ("terms", "detect", "embed")  # contracts.models: methods by which a task asks a net without its `forward`


class Entry(NamedTuple):
    """A way to ask a net: `method` is "" for the net itself, and `inputs` are tensors (ROWS, ...)."""

    method: str
    inputs: tuple[Tensor, ...]

    def of(self, net: nn.Module) -> Callable[..., object]:
        """Returns what is called with the inputs."""
        return getattr(net, self.method) if self.method else net


def entries_of(learner: Learner) -> dict[str, list[Entry]]:
    """Returns role -> the entries of each net with weights that takes plain tensors; [] where the task asks a net
    otherwise. An average of weights is asked as the net that it is of.

    A net that encodes and decodes (contracts.models.Autoencoder) has two, what it draws between them being no answer.
    """
    inputs = _inputs_of(learner)
    found: dict[str, list[Entry]] = {}
    for role, net in learner.nets.items():
        net = unwrapped(net)
        if not list(net.parameters()):
            continue
        if role not in inputs:
            found[role] = []
        elif all(hasattr(net, name) for name in ("latent", "embed", "decode")):
            with learner.evaluation_mode():
                codes = net.embed(*inputs[role])
            found[role] = [Entry("embed", inputs[role]), Entry("decode", (codes,))]
        else:
            found[role] = [Entry("", inputs[role])]
    return found


def unwrapped(net: nn.Module) -> nn.Module:
    """Returns the net that an average of weights holds, any other as it is."""
    return net.module if isinstance(net, AveragedModel) else net


def _inputs_of(learner: Learner) -> dict[str, tuple[Tensor, ...]]:
    """Role -> what each net is given when the task looks at ROWS rows."""
    seen: dict[str, tuple[Tensor, ...]] = {}

    def remember(role: str, inputs: tuple) -> None:
        if inputs and all(isinstance(x, Tensor) and len(x) >= ROWS for x in inputs):
            seen.setdefault(role, tuple(_whole(learner, x[:ROWS].detach().clone()) for x in inputs))

    nets = {role: net for role, net in learner.nets.items() if list(net.parameters())}
    hooks = [
        net.register_forward_pre_hook(lambda _, inputs, role=role: remember(role, inputs)) for role, net in nets.items()
    ]
    with learner.evaluation_mode():
        _look(learner)
        if len(seen) < len(nets):
            with _watched({role: net for role, net in nets.items() if role not in seen}, remember):
                _look(learner)
        if len(seen) < len(nets):  # a net that no loss goes through: an average of weights, a detector in two stages
            with _watched({role: net for role, net in nets.items() if role not in seen}, remember):
                learner.task.evaluate()
    for hook in hooks:
        hook.remove()
    return seen


def _whole(learner: Learner, x: Tensor) -> Tensor:
    """Sentences (ROWS, L), of which a batch has as many words as its longest, as long as those of all rows."""
    if x.dim() != 2 or x.is_floating_point() or learner.all_rows is None:
        return x
    test = learner.all_rows.data.test
    of_same = [part.shape[1] for part in test if part.dim() == 2 and not part.is_floating_point()]
    return pad(x, (0, max([x.shape[1], *of_same]) - x.shape[1]), value=PAD)


def _look(learner: Learner) -> None:
    with torch.enable_grad():  # a loss may ask for gradients of its own
        for objective in learner.objectives:
            objective.loss(torch.arange(ROWS))


@contextmanager
def _watched(nets: dict[str, nn.Module], remember: Callable[[str, tuple], None]) -> Iterator[None]:
    """Tells of what OTHERS of these nets are called with, as far as `forward` would take it."""
    replaced = [(net, name) for net in nets.values() for name in OTHERS if hasattr(net, name)]
    for role, net in nets.items():
        count = len(inspect.signature(net.forward).parameters)
        for name in OTHERS:
            if hasattr(net, name):
                setattr(net, name, _telling(getattr(net, name), lambda given, r=role, n=count: remember(r, given[:n])))
    try:
        yield
    finally:
        for net, name in replaced:
            delattr(net, name)


def _telling(method: Callable, tell: Callable[[tuple], None]) -> Callable:
    def told(*inputs: object, **options: object) -> object:
        tell(inputs)
        return method(*inputs, **options)

    return told
