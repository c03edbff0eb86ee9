"""What a detector works with inside, for one picture: the anchors that are to find its objects, its heat maps."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.layers.boxes import Boxes
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage

LEAST = 12  # points of the terminal that a picture must have
DIM = 0.25  # light left of a picture under its heat map


def views(net: nn.Module, picture: Tensor, objects: Tensor, classes: Sequence[str]) -> Iterator[Picture]:
    """Picture (1, C, size, size), its objects (1, M, 5); nothing of a net that has neither anchors nor heat maps."""
    if hasattr(net, "owners"):
        yield Picture("anchors", matched_anchors(net, picture, objects, classes))
    if hasattr(net, "heat_maps"):
        named = {classes[key] if isinstance(key, int) else key: heat for key, heat in net.heat_maps(picture).items()}
        yield Picture("heat maps", heat_maps(named, picture))


def matched_anchors(net: nn.Module, picture: Tensor, objects: Tensor, classes: Sequence[str]) -> dict:
    """The picture once for each map, its objects dashed, the anchors in the colours of the classes they are to find."""
    owner = net.owners(objects)[0]  # (K,)
    of_class = objects[0, owner.clamp(min=0), 4].long().cpu()
    one = Boxes(net.anchors.cpu(), of_class, torch.ones(len(owner)))
    there = objects[0, objects[0, :, 4] >= 0].cpu()
    truth = Boxes(there[:, :4], there[:, 4].long(), torch.ones(len(there)))
    boxes, captions, first = [], [], 0
    for cell, (cells, shapes) in enumerate(net.maps):
        rows = torch.arange(first, first + cells * cells * len(shapes))
        first += len(rows)
        rows = rows[owner.cpu()[rows] >= 0]
        boxes += boxed(cell, truth, dashed=True) + boxed(cell, one.take(rows))
        captions.append(f"{cells} x {cells} cells: {len(rows)}")
    shown = picture.expand(len(net.maps), -1, -1, -1)
    sheet = montage(shown, columns=len(net.maps), captions=captions, least=LEAST)
    return sheet | {"type": "boxes", "boxes": boxes, "classes": list(classes)}


def heat_maps(maps: dict[str, Tensor], picture: Tensor) -> dict:
    """Maps (1, h, w) in 0..1 by their names, each over the dimmed picture, and the picture itself before them."""
    grey = picture.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    cells = [picture.expand(-1, 3, -1, -1)]
    for heat in maps.values():
        hot = interpolate(heat[:, None].float(), size=picture.shape[2:])  # (1, 1, size, size)
        colour = torch.cat([hot, hot.square(), hot.new_zeros(hot.shape)], 1)  # red, then yellow
        cells.append(DIM * grey * (1 - hot) + colour)
    return montage(torch.cat(cells), columns=len(cells), captions=["input", *maps], least=LEAST)
