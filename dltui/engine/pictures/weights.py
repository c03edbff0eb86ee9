"""A net's weights: how they are spread, and what its first units look at."""

import torch
from torch import Tensor, nn

from dltui.engine.pictures.montage import montage
from dltui.engine.regularizers.elastic_net import weights_of

FARTHEST, BINS = 0.2, 81  # what lies beyond is counted at the ends
UNITS, COLUMNS = 24, 6  # of the first layer that are shown


def spread(net: nn.Module) -> dict:
    """Returns the payload `lines`: the share of the weights about each value."""
    weights = torch.cat([w.flatten() for w in weights_of(net)]).float().clamp(-FARTHEST, FARTHEST)
    # the bins' middles reach from end to end, so that one of them is 0
    half = FARTHEST / (BINS - 1)
    counts = torch.histc(weights, BINS, -FARTHEST - half, FARTHEST + half).cpu()
    curve = {
        "name": "share of the weights",
        "x": torch.linspace(-FARTHEST, FARTHEST, BINS).numpy(),
        "y": (counts / len(weights)).numpy(),
    }
    return {"type": "lines", "curves": [curve], "x_title": "weight", "y_title": "share"}


def first_units(net: nn.Module, shape: torch.Size) -> dict | None:
    """Returns the payload `image` of the first layer's weights as pictures of `shape` (C, H, W): grey is 0.

    None where the first layer does not look at whole grey or coloured pictures.
    """
    first: Tensor = weights_of(net)[0]
    if len(shape) != 3 or shape[0] not in (1, 3) or first.dim() != 2 or first.shape[1] != shape.numel():
        return None
    pictures = first[:UNITS].view(-1, *shape)
    # each to its own scale: its strongest weight is black or white
    scale = pictures.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    return montage(0.5 + 0.5 * pictures / scale, columns=COLUMNS, title="what the first units look at")
