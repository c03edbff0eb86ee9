"""Whether the shares of a batch add up to the batch: tried with each loss before the first step, refused where not."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.device.device import free_memory, is_out_of_memory
from dltui.engine.training.distributed import Ranks
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus

# shares of a loss, of its gradient and of what is kept that may be off: of fp32 on a CPU, of all else. In a deep net
# the last digit of a number decides which of two pixels is the greatest, which moves a gradient, but hardly the loss
CLOSE, COARSE = (5e-6, 2e-2, 1e-4), (1e-2, 5e-2, 1e-2)
MOVED = 0.01  # deviation of what is added to the weights: where they begin, many a gradient is 0


class Result(NamedTuple):
    """What a loss of a batch leads to."""

    value: Tensor  # (1,)
    gradient: Tensor  # of all weights that it moves, (N,)
    kept: Tensor  # numbers that the nets keep beside their weights, as running means (M,)
    random: list[Tensor]  # where the generators stand after it


def shared(make: Callable[[], list[Learner]], ranks: Ranks) -> list[Learner]:
    """Returns learners that share their batches. Raises DltuiError (2) where one cannot.

    make: makes them; what is tried here is tried with others, so that training begins as if nothing had been.
    """
    with ranks.in_turn():  # a net may be trained before the run, and kept for the others
        tried = make()
    for learner in tried:
        _check(learner, ranks)
    del tried
    learners = make()
    for learner in learners:
        ranks.begin_alike(learner.nets.values())
        learner.share(ranks)
    return learners


def _check(learner: Learner, ranks: Ranks) -> None:
    name = f"{learner.series}: " if learner.series else ""
    if not learner.learns:
        what = f'algorithm "{learner.recipe.task.kind}" takes no share of a batch.'
        raise DltuiError(f"{name}{what}", ONE, ExitStatus.USAGE)
    if not learner.params:
        raise DltuiError(f"{name}no net has a weight that is trained.", ONE, ExitStatus.USAGE)
    rows = learner.batch_sampler.next()
    if len(rows) < 2 * ranks.world:
        what = f"{name}a batch of {len(rows)} rows leaves {ranks.world} processes less than two rows each."
        raise DltuiError(what, f"Set train.batch={16 * ranks.world}, or: --nproc 1", ExitStatus.USAGE)
    with torch.no_grad():
        for net in learner.nets.values():
            for parameter in net.parameters():
                parameter += MOVED * torch.randn_like(parameter)
    for number in range(len(learner.objectives)):
        if problem := _problem(learner, number, rows, ranks):
            what = f"{name}the processes' shares of a batch do not add up to {problem} of"
            raise DltuiError(f"{what} {learner.objectives[number].name}.", ONE, ExitStatus.USAGE)


ONE = "It trains in one process: --nproc 1"


def _problem(learner: Learner, number: int, rows: Tensor, ranks: Ranks) -> str:
    """What of an objective's loss shares do not add up to; "" where they do, or one row alone is too much to try."""
    begun = _Moment(learner)
    while not ranks.all((whole := _whole(learner, number, rows)) is not None):
        begun.restore()
        rows = rows[: len(rows) // 2]
        if len(rows) < ranks.world:
            return ""
    begun.restore()
    before, learner.ranks = learner.ranks, ranks
    of_shares = _result(learner, number, rows[ranks.rank :: ranks.world], len(rows))
    learner.ranks = before
    close, near, like = CLOSE if learner.precision == "fp32" and learner.device.type == "cpu" else COARSE
    fits = {
        "the random numbers": all(map(torch.equal, of_shares.random, whole.random)),
        "the value": _near(of_shares.value, whole.value, close),
        "the gradients": _near(of_shares.gradient, whole.gradient, near),
        "the statistics": _near(of_shares.kept, whole.kept, like),
    }
    return next((what for what, fit in fits.items() if not ranks.all(fit)), "")


def _near(found: Tensor, want: Tensor, close: float) -> bool:
    return bool((found - want).norm() <= close * want.norm() + 1e-7)


def _whole(learner: Learner, number: int, rows: Tensor) -> Result | None:
    """The result of all the rows in this process; None where it has not the memory for them."""
    try:
        return _result(learner, number, rows, len(rows))
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    free_memory(learner.device)
    return None


def _result(learner: Learner, number: int, rows: Tensor, whole: int) -> Result:
    objective = learner.objectives[number]
    for net in learner.nets.values():
        net.zero_grad(set_to_none=True)
    value = torch.as_tensor(learner.backward(objective, rows, whole), dtype=torch.double).view(1)
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in learner.moved_by(objective)]
    kept = [buffer.float().flatten() for net in learner.nets.values() for buffer in net.buffers()]
    random = [torch.get_rng_state()]
    if learner.device.type == "cuda":
        random.append(torch.cuda.get_rng_state(learner.device))
    gradient = torch.cat([grad.float().flatten() for grad in grads])
    return Result(value, gradient, torch.cat([*kept, torch.zeros(1, device=learner.device)]), random)


class _Moment:
    """What a loss may change besides gradients, as it is now."""

    def __init__(self, learner: Learner):
        self.learner = learner
        self.buffers = [(b, b.clone()) for net in learner.nets.values() for b in net.buffers()]
        self.random = torch.get_rng_state()
        self.cuda = torch.cuda.get_rng_state(learner.device) if learner.device.type == "cuda" else None

    def restore(self) -> None:
        """Makes it so again."""
        for buffer, value in self.buffers:
            buffer.data.copy_(value)
        torch.set_rng_state(self.random)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda, self.learner.device)
