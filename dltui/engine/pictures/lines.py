"""Curves over one axis: the payload `lines`."""

from collections.abc import Mapping

from torch import Tensor

from dltui.runs.payloads import Curve, Lines


def lines(curves: Mapping[str, tuple[object, object]], **axes: object) -> Lines:
    """name -> (x, y) of a curve, each (N,), a tensor of any device, an array or a list. axes: more fields of Lines."""
    return Lines(curves=[Curve(name=name, x=_host(x), y=_host(y)) for name, (x, y) in curves.items()], **axes)


def _host(values: object) -> object:
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else values
