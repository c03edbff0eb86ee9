"""What excites units of a convolutional net: made and found pictures beside each other, kernels, maps, the ascent."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.pictures.montage import montage

LEAST = 6  # points of the terminal that a map must have: deep ones have few cells, and all layers are to be seen


class Excited(Protocol):
    """Chosen units of a layer."""

    units: Tensor  # (n,) their numbers
    best: Tensor  # (n,) their strongest answer to a test picture
    seen: Tensor  # (n, C, s, s) what they saw there
    made: Tensor  # (n, C, s, s) what they see of the picture made for them
    path: Tensor  # (steps + 1, n) their answers along the ascent


def what_excites(excited: Excited, names: list[str]) -> dict:
    """Returns the payload `image`: made pictures above, of the test pictures those that excite a unit most below."""
    n = len(names)
    captions = [f"{name}: {h:.3g}" for name, h in zip(names, excited.path[-1].tolist(), strict=True)]
    captions += [f"test: {h:.3g}" for h in excited.best.tolist()]
    title = "above made, below the test's best"
    return montage(torch.cat([excited.made, excited.seen]), columns=n, captions=captions, title=title)


def kernels(weight: Tensor, excited: Excited) -> dict:
    """Returns the payload `image` of the chosen kernels of weight (units, C, k, k) above what excites them."""
    chosen = weight[excited.units]
    # each to its own scale: its strongest weight is black or white
    shown = 0.5 + 0.5 * chosen / chosen.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    captions = [f"#{unit}" for unit in excited.units.tolist()]
    captions += [f"{h:.3g}" for h in (*excited.path[-1].tolist(), *excited.best.tolist())]
    title = "kernels, made for each, the test's best"
    return montage(torch.cat([shown, excited.made, excited.seen]), columns=len(chosen), captions=captions, title=title)


def maps_of(picture: Tensor, maps: list[Tensor], units: list[Tensor], title: str) -> dict:
    """Returns the payload `image`: a row a layer, on the left what goes in, brightest at each place, then its maps.

    picture: (C, H, W). maps: of each layer (n, h, w), at least 0.
    """
    size = picture.shape[1:]
    columns = 1 + max(map(len, maps))
    cells, captions = [], []
    goes_in = picture.amax(0)
    for number, (of_layer, names) in enumerate(zip(maps, units, strict=True), 1):
        bright = of_layer / of_layer.amax().clamp(min=1e-12)  # a layer's maps to one scale
        row = [goes_in, *interpolate(bright[None], size=size)[0]]
        cells += [*row, *[torch.zeros_like(goes_in)] * (columns - len(row))]
        captions += [f"layer {number}", *[f"unit {unit}" for unit in names.tolist()]]
        captions += [""] * (columns - len(row))
        goes_in = torch.stack(row[1:]).amax(0)
    return montage(torch.stack(cells)[:, None], columns=columns, captions=captions, title=title, least=LEAST)


def climbs(names: list[str], rises: list[Tensor]) -> dict:
    """Returns the payload `lines`: of each layer the unit that ends lowest, its excitation (steps + 1, n) by step."""
    curves = []
    for name, rise in zip(names, rises, strict=True):
        lowest = rise[:, rise[-1].argmin()].cpu().numpy()
        curves.append({"name": name, "x": np.arange(len(lowest)), "y": lowest})
    last = len(rises[0]) - 1
    curves.append({"name": "best test picture", "x": np.array([0, last]), "y": np.ones(2)})
    return {"type": "lines", "curves": curves, "x_title": "steps of ascent", "y_title": "excitation / test's best"}
