"""Pictures of a search: where it looked, how the best came down, the best settings, the trials that none beats."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from dltui.engine.pictures.lines import lines
from dltui.runs.payloads import Lines, Marks, Path, Scatter, Table
from dltui.search.space import Space

GRADES = ("best", "good", "fair", "poor")  # a quarter of the trials each, the very best apart
BEST_ROWS = 6


def points_picture(spaces: Sequence[Space], settings: Sequence[dict], order: Tensor, metric: str) -> Scatter:
    """The trials over the first two numbers that are searched (the trial's number where there is but one).

    order: the numbers of the trials (n,), the best first.
    """
    numbers = [space for space in spaces if not space.choices][:2]
    axes = [(_title(space), [_place(space, one[space.key]) for one in settings]) for space in numbers]
    axes += [("trial", list(range(1, len(settings) + 1)))] * (2 - len(axes))
    rank = order.argsort().numpy()  # 0 is the best
    label = np.where(rank == 0, 0, 1 + 3 * rank // max(1, len(rank)))
    (x_title, x), (y_title, y) = axes
    best = int(order[0])
    return Scatter(
        x=np.array(x, float),
        y=np.array(y, float),
        label=label.astype(np.int64),
        classes=[f"{grade} {metric}" if grade == "best" else grade for grade in GRADES],
        x_title=x_title,
        y_title=y_title,
        marks=Marks(x=[float(x[best])], y=[float(y[best])], label=[0]),
    )


def _title(space: Space) -> str:
    return f"{space.key} (power of ten)" if space.log else space.key


def _place(space: Space, value: float) -> float:
    return math.log10(value) if space.log else value


def best_picture(values: Tensor, best: Tensor, metric: str) -> Lines:
    """Each trial's value (n,), and the best so far (n,)."""
    number = np.arange(1, len(values) + 1)
    curves = {"best so far": (number, best), "trial": (number, values)}
    return lines(curves, x_title="trial", y_title=metric, log_y=bool((values > 0).all()))


def seconds_picture(seconds: Tensor, best: Tensor, metric: str) -> Lines:
    """The best so far (n,) by the seconds that the trials up to it took; seconds (n,): of each trial."""
    curve = {"best so far": (seconds.cumsum(0), best)}
    return lines(curve, x_title="seconds", y_title=metric, log_y=bool((best > 0).all()))


def settings_picture(
    settings: Sequence[dict], values: Tensor, order: Tensor, metric: str, taken: Callable[[dict], dict]
) -> Table:
    """The best settings, in `order` (n,); what means nothing beside another choice is a dash."""
    keys = list(settings[0])
    rows = []
    for number in order[:BEST_ROWS].tolist():
        used = taken(settings[number])
        cells = [_short(used[key]) if key in used else "-" for key in keys]
        rows.append([f"{values[number]:.4g}", str(number + 1), *cells])
    return Table(columns=[metric, "trial", *(key.rpartition(".")[2] for key in keys)], rows=rows)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def front_picture(objectives: Tensor, on: Tensor, metric: str, second: str) -> Scatter:
    """The front as stairs: what lies above and right of it is beaten, where less of the metric is better.

    objectives (n, 2): value, magnitude of the second. on (n,) bool: which are on the front.
    """
    if (objectives[:, 0] > 0).all():  # what is small is where the trade is
        metric = f"{metric} (power of ten)"
        objectives = torch.stack([objectives[:, 0].log10(), objectives[:, 1]], 1)
    rows = objectives[on]
    rows = rows[rows[:, 1].argsort()].numpy()  # by the second
    stairs = Path(x=np.repeat(rows[:, 1], 2)[1:], y=np.repeat(rows[:, 0], 2)[:-1])
    return Scatter(
        x=objectives[:, 1].numpy(),
        y=objectives[:, 0].numpy(),
        label=(~on).long().numpy(),
        classes=["on the front", "beaten"],
        x_title=second,
        y_title=metric,
        behind={"beaten": ""},
        paths=[stairs],
        marks=Marks(x=rows[:, 1], y=rows[:, 0], label=np.zeros(len(rows), np.int64)),
    )
