"""Pictures of a search: where it looked, how the best came down, the best settings, the trials that none beats."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from dltui.search.space import Space

GRADES = ("best", "good", "fair", "poor")  # a quarter of the trials each, the very best apart
BEST_ROWS = 6


def points_picture(spaces: Sequence[Space], settings: Sequence[dict], values: Tensor, metric: str) -> dict:
    """The trials over the first two numbers that are searched (the trial's number where there is but one)."""
    numbers = [space for space in spaces if not space.choices][:2]
    axes = [(_title(space), [_place(space, one[space.key]) for one in settings]) for space in numbers]
    axes += [("trial", list(range(1, len(settings) + 1)))] * (2 - len(axes))
    order = values.argsort(stable=True).argsort(stable=True).numpy()  # 0 is the best
    label = np.where(order == 0, 0, 1 + 3 * order // max(1, len(order)))
    (x_title, x), (y_title, y) = axes
    best = int(order.argmin())
    return {
        "type": "scatter", "x": np.array(x, float), "y": np.array(y, float), "label": label.astype(np.int64),
        "classes": [f"{grade} {metric}" if grade == "best" else grade for grade in GRADES],
        "x_title": x_title, "y_title": y_title,
        "marks": {"x": [float(x[best])], "y": [float(y[best])], "label": [0]},
    }  # fmt: skip


def _title(space: Space) -> str:
    return f"{space.key} (power of ten)" if space.log else space.key


def _place(space: Space, value: float) -> float:
    return math.log10(value) if space.log else value


def best_picture(values: Tensor, metric: str) -> dict:
    """Each trial, and the best so far."""
    number = np.arange(1, len(values) + 1)
    curves = [
        {"name": "best so far", "x": number, "y": np.minimum.accumulate(values.numpy())},
        {"name": "trial", "x": number, "y": values.numpy()},
    ]
    return {"type": "lines", "curves": curves, "x_title": "trial", "y_title": metric, "log_y": bool((values > 0).all())}


def settings_picture(settings: Sequence[dict], values: Tensor, metric: str, taken: Callable[[dict], dict]) -> dict:
    """The best settings as a table; what means nothing beside another choice is a dash."""
    order = values.argsort(stable=True)[:BEST_ROWS].tolist()
    keys = list(settings[0])
    rows = []
    for number in order:
        found = taken(settings[number])
        cells = [_short(found[key]) if key in found else "-" for key in keys]
        rows.append([f"{values[number]:.4g}", str(number + 1), *cells])
    return {"type": "table", "columns": [metric, "trial", *(key.rpartition(".")[2] for key in keys)], "rows": rows}


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def front_picture(costs: Tensor, on: Tensor, metric: str, second: str) -> dict:
    """costs (N, 2): value, magnitude of the second. The front as stairs: what lies above and right of it is beaten."""
    if (costs[:, 0] > 0).all():  # what is small is where the trade is
        costs, metric = torch.stack([costs[:, 0].log10(), costs[:, 1]], 1), f"{metric} (power of ten)"
    x, y = costs[:, 1].numpy(), costs[:, 0].numpy()
    rows = costs[on]
    rows = rows[rows[:, 1].argsort()].numpy()  # by the second
    stairs_x = np.repeat(rows[:, 1], 2)[1:]
    stairs_y = np.repeat(rows[:, 0], 2)[:-1]
    return {
        "type": "scatter", "x": x, "y": y, "label": (~on).long().numpy(), "classes": ["on the front", "beaten"],
        "x_title": second, "y_title": metric, "behind": {"beaten": ""},
        "paths": [{"x": stairs_x, "y": stairs_y}],
        "marks": {"x": rows[:, 1], "y": rows[:, 0], "label": np.zeros(len(rows), np.int64)},
    }  # fmt: skip
