"""What the rows of a batch have in common, where several processes share the batch: as of the whole batch on one.

Random numbers are drawn for all rows by every process, the same ones, of which each takes those of its rows. Batch
normalisation goes by the statistics of all rows, and so do the weights of a weighted mean of cross-entropies.
"""

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from dltui.engine.contracts.batch_share import BatchShare


class WholeBatch(TorchFunctionMode):
    """A mode in which a loss of a share of the rows is what these rows add to the loss of the whole batch."""

    def __init__(self, share: BatchShare):
        super().__init__()
        self.share = share

    def __torch_function__(self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None):
        handler = HANDLERS.get(function)
        return handler(self.share, *args, **kwargs or {}) if handler else function(*args, **kwargs or {})


# -- random numbers ----------------------------------------------------------------------------------------------------


def _sized(function: Callable) -> Callable:
    """rand, randn (*size) and randint ([low,] high, size): drawn for all rows."""

    def drawn(share: BatchShare, *args: object, **kwargs: object) -> Tensor:
        bounds, given = args[:-1], kwargs.get("size", args[-1] if args else ())
        if "size" in kwargs:
            bounds = args
        elif isinstance(given, int):  # one argument a dimension
            bounds, given = (), args
        size = share.size_of_whole(tuple(given))
        if size is None:
            return function(*args, **kwargs)
        return share.of(function(*bounds, size=size, **{k: v for k, v in kwargs.items() if k != "size"}))

    return drawn


def _like(function: Callable) -> Callable:
    """rand_like, randn_like and randint_like."""

    def drawn(share: BatchShare, given: Tensor, *args: object, **kwargs: object) -> Tensor:
        whole = _room(share, given)
        return function(given, *args, **kwargs) if whole is None else share.of(function(whole, *args, **kwargs))

    return drawn


def _dropout(function: Callable) -> Callable:
    """dropout, dropout1d, dropout2d and dropout3d: the mask is drawn for all rows."""

    def dropped(share: BatchShare, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False):
        whole = _room(share, input) if training and p else None
        if whole is None:
            return function(input, p, training, inplace)
        return input * share.of(function(whole.fill_(1), p, True))

    return dropped


def _multinomial(share: BatchShare, input: Tensor, num_samples: int, *args: object, **kwargs: object) -> Tensor:
    """From one distribution, a number of draws for each row."""
    size = share.size_of_whole((num_samples,)) if input.dim() == 1 else None
    if size is None:
        return torch.multinomial(input, num_samples, *args, **kwargs)
    return share.of(torch.multinomial(input, size[0], *args, **kwargs))


def _room(share: BatchShare, given: Tensor) -> Tensor | None:
    """A tensor for all rows, laid in memory as `given` is, whose numbers are drawn in that order; None without rows."""
    size = share.size_of_whole(tuple(given.shape))
    if size is None:
        return None
    order = sorted(range(given.dim()), key=given.stride, reverse=True)
    room = torch.empty([size[dim] for dim in order], dtype=given.dtype, device=given.device)
    return room.permute([order.index(dim) for dim in range(given.dim())])


# -- statistics --------------------------------------------------------------------------------------------------------


class SumOfRanks(torch.autograd.Function):
    """The sum of a tensor over the processes. The gradient too: the losses of all of them depend on it."""

    @staticmethod
    def forward(_context: object, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: object, gradient: Tensor) -> Tensor:
        return SumOfRanks.apply(gradient.contiguous())


def _batch_norm(
    _share: BatchShare,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """input (B, C, ...): mean and variance of a channel are those of the whole batch, and so what is kept of them."""
    if not training:
        return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    x = input if input.dtype == torch.float64 else input.float()
    others = [0, *range(2, x.dim())]
    of_channel = (1, -1, *[1] * (x.dim() - 2))
    *_, count = sums = SumOfRanks.apply(torch.cat([x.sum(others), x.new_full((1,), x[:, 0].numel())]))
    mean = sums[:-1] / count
    centred = x - mean.view(of_channel)
    variance = SumOfRanks.apply(centred.square().sum(others)) / count
    if running_mean is not None:
        with torch.no_grad():
            running_mean.lerp_(mean.to(running_mean), momentum)
            running_var.lerp_((variance * count / (count - 1)).to(running_var), momentum)
    y = centred * (variance + eps).rsqrt().view(of_channel)
    y = y if weight is None else y * weight.view(of_channel)
    y = y if bias is None else y + bias.view(of_channel)
    return y.to(input.dtype)


def _cross_entropy(
    share: BatchShare,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """A mean in which not all targets count alike is divided by what those of the whole batch count."""
    told = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    alike = weight is None and ignore_index == -100
    if reduction != "mean" or size_average is not None or reduce is not None or target.is_floating_point() or alike:
        old = {"size_average": size_average, "reduce": reduce}
        return F.cross_entropy(input, target, reduction=reduction, **told, **old)
    there = target != ignore_index
    counts = there.float() if weight is None else weight[target.where(there, 0)] * there
    total = counts.sum().detach()
    dist.all_reduce(total)
    # the loss of a share weighs own / whole
    return F.cross_entropy(input, target, reduction="sum", **told) / total * (share.whole / share.own)


HANDLERS = {
    **{function: _sized(function) for function in (torch.rand, torch.randn, torch.randint)},
    **{function: _like(function) for function in (torch.rand_like, torch.randn_like, torch.randint_like)},
    **{function: _dropout(function) for function in (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d)},
    torch.multinomial: _multinomial,
    F.batch_norm: _batch_norm,
    F.cross_entropy: _cross_entropy,
}
