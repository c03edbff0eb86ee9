"""Columns of a table: their ranks by several measures, and sets of them as bits."""

import torch
from torch import Tensor

MOST_SETS = 25  # that are shown as bits
HEADS = {"conditional_variance": "variance", "information_gain": "gain"}  # shorter, to stand side by side


def ranks_picture(scores: dict[str, Tensor], columns: tuple[str, ...], planted: Tensor) -> dict:
    """Returns the payload `ranks` of columns by scores (D,) of each measure.

    planted (D,) bool marks those that tell something, or is empty; names that differ in digits are a group.
    """
    orders = [[columns[at] for at in score.argsort(descending=True).tolist()] for score in scores.values()]
    payload: dict[str, object] = {
        "type": "ranks",
        "columns": [HEADS.get(name, name) for name in scores],
        "orders": orders,
    }
    if planted.any():
        marked = [name for name, tells in zip(columns, planted.tolist(), strict=True) if tells]
        kinds = sorted({_kind(name) for name in marked})
        payload["groups"] = {name: kinds.index(_kind(name)) for name in sorted(marked)}
        payload["cut"] = len(marked)
    return payload


def _kind(name: str) -> str:
    return name.rstrip("0123456789ab")


def planted_first(planted: Tensor, count: int) -> Tensor:
    """Returns the numbers of all `count` columns, the planted ones first, else in their order."""
    return planted.argsort(descending=True, stable=True) if len(planted) else torch.arange(count)


def sets_picture(bits: Tensor, planted: Tensor) -> dict:
    """Returns the payload `heat` of sets (R, D), a row each, 1 where it holds a column; planted ones stand left."""
    order = planted_first(planted, bits.shape[1])
    title = f"columns, the {int(planted.sum())} planted ones first" if planted.any() else "columns"
    return {"type": "heat", "values": bits[:MOST_SETS, order].numpy(), "x_title": title, "y_title": "sets"}


def chosen_picture(bits: Tensor, columns: tuple[str, ...], planted: Tensor) -> dict:
    """Returns the payload `bars`: the share of the sets (R, D) that hold each column, planted columns on top."""
    share = bits[~bits.isnan().any(1)].mean(0)
    order = planted_first(planted, bits.shape[1])
    labels = [columns[at] for at in order.tolist()]
    return {"type": "bars", "labels": labels, "values": share[order].numpy(), "title": "share of the sets with it"}


def weights_picture(weights: Tensor, columns: tuple[str, ...], planted: Tensor) -> dict:
    """Returns the payload `bars`: the weight (D,) of each column, planted columns on top; 0 for NaN, which are out."""
    order = planted_first(planted, len(weights))
    labels = [columns[at] for at in order.tolist()]
    return {"type": "bars", "labels": labels, "values": weights[order].nan_to_num(0).numpy(), "title": "weight squared"}
