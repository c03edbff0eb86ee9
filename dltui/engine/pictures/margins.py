"""By how much the right class leads the best other one, over all rows: what the hinge loss looks at."""

import torch
from torch import Tensor

from dltui.engine.losses.hinge import ASKED

LEAST, MOST, BINS = -3.0, 6.0, 37  # what lies beyond is counted at the ends; the middle of a bin is ASKED


def leads_picture(train: Tensor, test: Tensor) -> dict:
    """Returns the payload `lines`: the share of the rows about each lead (N,), and where the loss ceases to cost."""
    middles = torch.linspace(LEAST, MOST, BINS)
    curves = [
        {"name": name, "x": middles.numpy(), "y": _shares(leads).numpy()}
        for name, leads in {"training rows": train, "test rows": test}.items()
    ]
    top = max(float(curve["y"].max()) for curve in curves)
    curves.append({"name": "asked for", "x": [ASKED, ASKED], "y": [0.0, top]})
    return {"type": "lines", "curves": curves, "x_title": "lead of the right class", "y_title": "share of the rows"}


def _shares(leads: Tensor) -> Tensor:
    half = (MOST - LEAST) / (BINS - 1) / 2
    counts = torch.histc(leads.float().clamp(LEAST, MOST), BINS, LEAST - half, MOST + half).cpu()
    return counts / len(leads)
