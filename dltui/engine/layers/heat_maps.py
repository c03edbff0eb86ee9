"""Heat maps with many peaks: how they are drawn for training, the loss they learn by, and how peaks are read off.

Law and Deng 2018, "CornerNet", arXiv:1808.01244; Zhou, Wang, Krähenbühl 2019, "Objects as points", arXiv:1904.07850.
"""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, max_pool2d

OVERLAP = 0.7  # IoU that a box keeps whose two corners are each moved by the radius


def radii(sides: Tensor, overlap: float = OVERLAP) -> Tensor:
    """Widths and heights (..., 2) -> the distances (...) by which corners may be off for an IoU of at least `overlap`.

    CornerNet's three cases: both corners moved alike, both inwards, both outwards; the least of the three.
    """
    w, h = sides.unbind(-1)
    both, area = w + h, w * h
    alike = (both - (both.square() - 4 * area * (1 - overlap) / (1 + overlap)).sqrt()) / 2
    inwards = (both - (both.square() - 4 * area * (1 - overlap)).sqrt()) / 4
    outwards = ((both.square() + 4 * area * (1 / overlap - 1)).sqrt() - both) / 4
    return torch.minimum(torch.minimum(alike, inwards), outwards)


def gaussians(places: Tensor, sigma: Tensor, of_class: Tensor, classes: int, cells: int) -> Tensor:
    """Cells (N, M, 2), column and row, deviations in cells (N, M), classes (N, M), -1 for none -> maps
    (N, classes, cells, cells): 1 at each place, a normal distribution's fall around it, the greater of two."""
    at = torch.arange(cells, device=places.device)
    x, y = ((at - places[..., axis, None]).square() / (2 * sigma[..., None].square()) for axis in (0, 1))
    blobs = (-(y[..., :, None] + x[..., None, :])).exp()  # (N, M, cells, cells)
    alone = [blobs * (of_class == number)[..., None, None] for number in range(classes)]
    return torch.stack([one.amax(1) for one in alone], 1)


def focal(logits: Tensor, wanted: Tensor, alpha: float = 2.0, beta: float = 4.0) -> Tensor:
    """logits and maps in 0..1 (N, C, h, w) -> the focal loss with less for cells near a peak, a scalar.

    -(1 - p)^alpha log p where the map is 1, else -(1 - map)^beta p^alpha log(1 - p); the sum over the number of peaks.
    """
    p, peak = logits.sigmoid(), wanted == 1
    hit = (1 - p) ** alpha * logsigmoid(logits)
    miss = (1 - wanted) ** beta * p**alpha * logsigmoid(-logits)
    return -torch.where(peak, hit, miss).sum() / peak.sum().clamp(min=1)


def peaks(heat: Tensor) -> Tensor:
    """Maps (N, C, h, w) -> the same with 0 wherever one of the eight neighbours is hotter."""
    return heat * (heat == max_pool2d(heat, 3, stride=1, padding=1))
