"""Post-training quantization: weights are rounded to a few levels, with one scale a tensor or one a channel
(Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient inference", arXiv:1806.08342).

Batch normalization is folded into the convolution before it, as it is where such a net is used. Symmetric levels:
q = round(w / s) is a whole number of -(2^(b-1) - 1) ... 2^(b-1) - 1, and s = max |w| / (2^(b-1) - 1).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "int8_tensor_drop": Metric(
        "accuracy lost by weights of 8 bits, one scale a tensor", better="lower", range=(-1, 1), rows="test"
    ),
    "int8_channel_drop": Metric(
        "accuracy lost by weights of 8 bits, one scale a channel", better="lower", range=(-1, 1), rows="test"
    ),
    "tensor_drop": Metric(
        "accuracy lost by weights of `bits` bits, one scale a tensor", better="lower", range=(-1, 1), rows="test"
    ),
    "channel_drop": Metric(
        "accuracy lost by weights of `bits` bits, one scale a channel",
        better="lower",
        range=(-1, 1),
        rows="test",
    ),
    "range_ratio": Metric(
        "max |w| of a layer / median over its channels of their max |w|, of the layer where it is largest",
        range=(1, None),
    ),
}
INT8 = 8
SHOWN_BITS = range(2, 9)
SHOWN_ROWS = 500  # test rows of the curve over bits
POINTS = 241  # of a staircase


def build(*, bits: int = 4) -> Callable[[Classify], "Quantise"]:
    """Rounds the weights of all convolutions and linear layers of a copy of the net; activations stay floats.

    bits: of a weight, beside 8, at least 2, at most 8.
    """
    return partial(Quantise, bits=bits)


class Quantise:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, bits: int):
        self.task, self.bits = task, bits

    def evaluate(self) -> dict[str, float]:
        net, test = folded(self.task.net), self.task.rows.test
        before = self._accuracy(net, test.inputs, test.targets)
        drops = {
            f"{name}{per}_drop": before
            - self._accuracy(rounded(net, bits, per == "channel"), test.inputs, test.targets)
            for name, bits in (("int8_", INT8), ("", self.bits))
            for per in ("tensor", "channel")
        }
        return drops | {"range_ratio": max(range_ratio(layer.weight) for layer in layers(net)).item()}

    def _accuracy(self, net: nn.Module, inputs: Tensor, targets: Tensor) -> float:
        logits = torch.cat([net(part) for part in inputs.split(SHOWN_ROWS)])
        return (self.task.predictions(logits) == targets).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        """Accuracy over bits; and what a narrow channel's weights are rounded to, in the layer of the most unlike."""
        net, test = folded(self.task.net), self.task.rows.test
        inputs, targets = test.inputs[:SHOWN_ROWS], test.targets[:SHOWN_ROWS]
        curves = {
            f"by {per}": (
                list(SHOWN_BITS),
                [self._accuracy(rounded(net, bits, per == "channel"), inputs, targets) for bits in SHOWN_BITS],
            )
            for per in ("tensor", "channel")
        }
        yield Picture("accuracy by bits", lines(curves, x_title="bits of a weight", y_title="accuracy"))
        widest = max((layer.weight for layer in layers(net)), key=range_ratio)
        narrow = widest.flatten(1).abs().amax(1).median()
        w = torch.linspace(-1, 1, POINTS, device=narrow.device) * narrow
        stairs = {
            "float": (w, w),
            "by tensor": (w, levels(w, self.bits, widest.abs().max())),
            "by channel": (w, levels(w, self.bits, narrow)),
        }
        yield Picture("levels", lines(stairs, x_title="weight of a narrow channel", y_title="rounded"))


def layers(net: nn.Module) -> list[nn.Module]:
    """The layers whose weights are rounded."""
    return [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def folded(net: nn.Module) -> nn.Module:
    """A copy that computes the same in evaluation mode: what a batch normalization right after a convolution multiplies
    a channel by is in the weights of the convolution."""
    net = deepcopy(net)
    for block in net.modules():
        for layer, norm in pairwise(block) if isinstance(block, nn.Sequential) else ():
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                deviation = (norm.running_var + norm.eps).sqrt()
                gain = norm.weight / deviation  # (out,)
                layer.weight.data *= gain[:, None, None, None]
                if layer.bias is not None:
                    layer.bias.data *= gain
                norm.running_mean *= gain
                norm.weight.data = deviation
    return net


def rounded(net: nn.Module, bits: int, by_channel: bool) -> nn.Module:
    """A copy of the net with the weights rounded."""
    net = deepcopy(net)
    for layer in layers(net):
        layer.weight.data = quantised(layer.weight.data, bits, by_channel)
    return net


def quantised(w: Tensor, bits: int, by_channel: bool) -> Tensor:
    """w (out, ...) -> the nearest levels, of the same shape."""
    dims = tuple(range(1, w.dim())) if by_channel else tuple(range(w.dim()))
    return levels(w, bits, w.abs().amax(dims, keepdim=True))


def levels(w: Tensor, bits: int, largest: Tensor) -> Tensor:
    """w -> the nearest of 2^bits - 1 levels that lie evenly in -largest ... largest; all 0 where that is 0."""
    top = 2 ** (bits - 1) - 1
    scale = (largest / top).clamp(min=torch.finfo(w.dtype).tiny)
    return (w / scale).round() * scale


def range_ratio(w: Tensor) -> Tensor:
    """w (out, ...) -> max |w| / the median over channels of their max |w|, a scalar; at least 1."""
    ranges = w.detach().flatten(1).abs().amax(1)  # (out,)
    return ranges.max() / ranges.median().clamp(min=torch.finfo(w.dtype).tiny)
