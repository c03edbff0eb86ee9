"""Learners of one architecture trained as one batch of nets: the steps that each would take alone, many times faster.

The weights of all learners are the rows of one matrix W (learners, weights); a net's parameters, and the state of its
optimizer, are views of it, so that a learner evaluates, draws, saves and turns its knobs as ever. Losses and gradients
of all rows come from one graph of tensor operations: the task's own loss, mapped over the learners (torch.func.vmap)
and traced, so that small nets do not pay for Python once a learner.
"""

import math
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.engine.training.vmapped_optimizers import RULES, StackedUpdate
from dltui.errors import DltuiError, ExitStatus
from dltui.search.batching import FEWEST, FREE

WORTH = 10_000  # steps of all learners: with fewer, the graph costs more than it saves
LARGEST = 20_000  # weights of a learner: with more, the arithmetic itself takes the time
SHARED = ("task", "data", "train", "loss", "regularizer", "augment")  # sections that alike learners have alike
CLOSE = {"rtol": 1e-4, "atol": 1e-6}  # a learner's own loss and gradient against those of the graph


def groups(learners: Sequence[Learner], steps: int) -> "list[VmappedGroup | Alone]":
    """Returns the learners in order, those that are alike as one VmappedGroup where `steps` steps repay the tracing.

    Whatever cannot be trained together stays as it is.
    """
    alike: dict[str, list[Learner]] = {}
    for learner in learners:
        alike.setdefault(batching_key(learner), []).append(learner)
    found: list[VmappedGroup | Alone] = []
    for shared, group in alike.items():
        worth = shared and len(group) >= FEWEST and len(group) * steps >= WORTH
        vmapped = VmappedGroup.of(group) if worth else None
        found += [vmapped] if vmapped else map(Alone, group)
    return sorted(found, key=lambda group: learners.index(group.learners[0]))


def batching_key(learner: Learner) -> str:
    """What learners must share; "" of one that has to be trained alone."""
    if not learner.learns:
        return ""
    single = len(learner.objectives) == 1 == len(learner.optimizers) and learner.after_step is None
    single = single and not learner.watching and not learner.callbacks
    single = single and not learner.on_host and not learner.ranks and not learner.compiled
    if not single or learner.pieces > 1 or learner.precision != "fp32" or learner.guard_on_device:
        return ""
    role = learner.objectives[0].role
    if role not in learner.recipe.models:  # a net that the task itself makes
        return ""
    net = learner.nets[role]
    parameters = list(net.parameters())
    plain = all(p.requires_grad and p.dtype == torch.float32 for p in parameters) and not list(net.buffers())
    if not plain or sum(p.numel() for p in parameters) > LARGEST or type(learner.optimizers[role]) not in RULES:
        return ""
    table = {name: value for name, value in learner.recipe.table.items() if name in SHARED}
    table |= {"model": learner.recipe.models[role].options, "optimizer": learner.recipe.optimizer(role).options}
    kept = {name: {k: v for k, v in part.items() if k not in FREE.get(name, ())} for name, part in table.items()}
    return repr((learner.source, learner.recipe.models[role].kind, learner.recipe.optimizer(role).kind, net, kept))


def refusal() -> DltuiError:
    """What is told where learners must be trained as one and cannot be."""
    return DltuiError(
        f"These nets cannot be trained as one batch: more than {LARGEST:,} weights, random numbers in a step, an"
        " optimizer other than SGD and Adam, or a GPU.",
        "Each can be a run of its own.",
        ExitStatus.USAGE,
    )


class Alone:
    """A learner that takes its steps by itself, as a group of one."""

    def __init__(self, learner: Learner):
        self.learners = [learner]

    def advance(self) -> list[dict[str, float | Tensor] | NonFiniteLoss]:
        """As Together's."""
        try:
            return [self.learners[0].advance()]
        except NonFiniteLoss as error:
            return [error]


class VmappedGroup:
    """Two or more learners that share task, data, architecture, kind of optimizer and size of batch."""

    def __init__(self, learners: list[Learner], rows: list[Tensor]):
        """rows: a batch of each learner, to trace the graph with."""
        self.learners = learners
        self.objective = learners[0].objectives[0]
        self.role = self.objective.role
        self.optimizers = [learner.optimizers[self.role] for learner in learners]
        self.clip = learners[0].training.clip
        self.parameters = [list(learner.nets[self.role].parameters()) for learner in learners]
        self._shapes = [p.shape for p in self.parameters[0]]
        self._sizes = [p.numel() for p in self.parameters[0]]
        self.W = torch.stack([torch.cat([p.detach().flatten() for p in net]) for net in self.parameters])
        self._graph = self._traced(torch.stack(rows))
        self.update = StackedUpdate(self.W, self.optimizers)

    @classmethod
    def of(cls, learners: list[Learner]) -> "VmappedGroup | None":
        """Returns the learners as one; None where the graph cannot be traced or disagrees with a learner itself.

        Losses that draw random numbers, or look at values to decide what to do, cannot be traced.
        """
        rows = [torch.arange(learner.batch_sampler.batch, device=learner.device) for learner in learners]
        random = torch.get_rng_state()
        try:
            made = cls(learners, rows)
            agrees = made._agrees(rows)
        except (RuntimeError, NotImplementedError, TypeError, ValueError):  # what vmap and tracing refuse with
            return None
        finally:
            unmoved = torch.equal(torch.get_rng_state(), random)
            torch.set_rng_state(random)
        if not (agrees and unmoved):
            return None
        made._take_over()
        return made

    def _traced(self, rows: Tensor) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """The graph W (V, N), rows (V, B) -> gradients (V, N), losses (V,)."""
        names = [f"net.{name}" for name, _ in self.learners[0].nets[self.role].named_parameters()]
        loss = _Loss(self.learners[0].nets[self.role], self.objective.loss)

        def of_one(parameters: list[Tensor], rows: Tensor) -> Tensor:
            return functional_call(loss, dict(zip(names, parameters, strict=True)), (rows,))

        def of_all(W: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
            gradients, losses = vmap(grad_and_value(of_one))(self._parts(W), rows)
            return torch.cat([gradient.flatten(1) for gradient in gradients], 1), losses

        from torch.fx.experimental.proxy_tensor import make_fx  # most runs need none of what this imports

        graph = make_fx(of_all)(self.W, rows)
        graph.graph.eliminate_dead_code()
        graph.recompile()
        with warnings.catch_warnings(), torch.no_grad():
            # torch.compile, which it is to be left for, needs a C++ compiler: not every student's laptop has one
            warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)
            return torch.jit.trace(graph, (self.W, rows), check_trace=False)  # 0.12 ms a step in place of 0.30

    def _parts(self, W: Tensor) -> list[Tensor]:
        """The columns of W (V, N) as parameters, each (V, *shape)."""
        return [part.view(len(W), *shape) for part, shape in zip(W.split(self._sizes, 1), self._shapes, strict=True)]

    def _agrees(self, rows: list[Tensor]) -> bool:
        """Whether the graph gives each learner the loss and the gradient that it finds by itself."""
        with torch.no_grad():
            gradients, losses = self._graph(self.W, torch.stack(rows))
        for number, learner in enumerate(self.learners):
            loss = learner.objectives[0].loss(rows[number])
            own = torch.autograd.grad(loss, self.parameters[number], materialize_grads=True)
            own = torch.cat([gradient.flatten() for gradient in own])
            same = torch.allclose(losses[number], loss, **CLOSE) and torch.allclose(gradients[number], own, **CLOSE)
            if not same:
                return False
        return True

    def _take_over(self) -> None:
        """Makes the learners' parameters, and what their optimizers remember, views of what is kept here."""
        for number, parameters in enumerate(self.parameters):
            for parameter, part in zip(parameters, self._parts(self.W), strict=True):
                parameter.data = part[number]
            for name, moment in self.update.moments.items():
                self.update.take_over(number, name, zip(parameters, self._parts(moment), strict=True))

    # -- a step ----------------------------------------------------------------------------------------------------

    def advance(self) -> list[dict[str, float] | NonFiniteLoss]:
        """Takes a step of every learner. Returns for each what its `advance` would return, or would have raised."""
        rows = []
        rates: list[dict[str, float]] = []
        for learner in self.learners:
            learner.step += 1
            rows.append(learner.batch_sampler.next())
            lr_scheduler = learner.lr_schedulers.get(self.role)
            rates.append({"lr": lr_scheduler.set_rate(learner.step)} if lr_scheduler else {})
        with torch.no_grad():
            gradients, losses = self._graph(self.W, torch.stack(rows))
            found = losses.tolist()
            if self.clip:
                norms = gradients.norm(dim=1, keepdim=True)
                gradients = gradients * (self.clip / (norms + 1e-6)).clamp(max=1)  # as nn.utils.clip_grad_norm_
            finite = [math.isfinite(value) for value in found]
            self.update(gradients, torch.tensor(finite, device=gradients.device) if not all(finite) else None)
        results: list[dict[str, float] | NonFiniteLoss] = []
        for learner, value, rate in zip(self.learners, found, rates, strict=True):
            if not math.isfinite(value):
                results.append(NonFiniteLoss(self.objective.name, value))
                continue
            if self.role in learner.lr_schedulers:
                learner.lr_schedulers[self.role].update(value, learner.step)
            results.append({self.objective.name: value} | rate)
        return results


class _Loss(nn.Module):
    """A task's loss as a module of its net, whose parameters can be put in place of the net's own."""

    def __init__(self, net: nn.Module, loss: Callable[[Tensor], Tensor]):
        super().__init__()
        self.net, self.loss = net, loss

    def forward(self, rows: Tensor) -> Tensor:
        return self.loss(rows)
