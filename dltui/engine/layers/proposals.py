"""Regions where an object may be, of no class, by selective search (Uijlings et al. 2013): a picture falls into small
segments of one colour, and the most similar neighbours are joined, again and again; every region on the way is one.

The same picture gives the same regions.
"""

import numpy as np
import torch
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

ALIKE = 0.09  # neighbours whose colours differ by less are of one segment
MOST = 300  # segments of a picture: where there are more, colours may differ by more
COLOUR = 16.0  # what a difference of colours counts beside sizes and gaps
LEAST = 4  # pixels, the shorter side of a region at least


def proposals(pictures: Tensor, count: int) -> Tensor:
    """Pictures (N, C, H, W) in 0..1 -> the last `count` regions, the latest first (N, count, 4) in pixels; where there
    are fewer, the whole picture again and again."""
    boxes = [regions(one, count) for one in pictures.detach().cpu().numpy()]
    return torch.from_numpy(np.stack(boxes)).to(pictures.device)


def regions(picture: np.ndarray, count: int) -> np.ndarray:
    """Picture (C, H, W) -> (count, 4) float32, as `proposals`."""
    height, width = picture.shape[1:]
    found = joined(picture, segments(picture))[::-1]
    wide = (found[:, 2:] - found[:, :2]).min(1) >= LEAST
    boxes = list(dict.fromkeys(map(tuple, found[wide].tolist())))[:count]  # each once
    return np.array(boxes + [(0, 0, width, height)] * (count - len(boxes)), np.float32)


def segments(picture: np.ndarray) -> np.ndarray:
    """Picture (C, H, W) -> the number of each pixel's segment (H, W), from 0: neighbours of about one colour."""
    smooth, alike = ndimage.median_filter(picture, (1, 3, 3)), ALIKE  # which leaves edges sharp
    found = _connected(smooth, alike)
    while found.max() >= MOST:
        alike *= 1.25
        found = _connected(smooth, alike)
    return found


def _connected(smooth: np.ndarray, alike: float) -> np.ndarray:
    """As `segments`, of neighbours whose colours differ by less than `alike`."""
    number = np.arange(smooth[0].size).reshape(smooth.shape[1:])
    pairs = []
    for a, b in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:, :], np.s_[:-1, :])):
        near = np.linalg.norm(smooth[(slice(None), *a)] - smooth[(slice(None), *b)], axis=0) < alike
        pairs.append(np.stack([number[a][near], number[b][near]]))
    first, second = np.concatenate(pairs, 1)
    graph = coo_array((np.ones(len(first), bool), (first, second)), (number.size, number.size))
    return connected_components(graph, directed=False)[1].reshape(number.shape)


def joined(picture: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Segments (H, W) of a picture (C, H, W) -> the boxes of all and of what they are joined to (2 n - 1, 4), in the
    order in which they come to be."""
    n, area = labels.max() + 1, labels.size
    size = np.bincount(labels.ravel(), minlength=n).astype(float)  # (n,)
    colour = np.stack([np.bincount(labels.ravel(), of.ravel(), n) for of in picture], 1) / size[:, None]  # (n, C)
    box = np.array([[x.start, y.start, x.stop, y.stop] for y, x in ndimage.find_objects(labels + 1)], float)  # (n, 4)
    alike = np.full((n, n), -np.inf)
    for a, b in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        alike[a[a != b], b[a != b]] = alike[b[a != b], a[a != b]] = 0
    pairs = np.isfinite(alike).nonzero()
    alike[pairs] = _similarity(*pairs, size, colour, box, area)
    found = list(box.copy())
    for _ in range(n - 1):
        a, b = divmod(int(alike.argmax()), n)
        if not np.isfinite(alike[a, b]):
            break
        colour[a] = (size[a] * colour[a] + size[b] * colour[b]) / (size[a] + size[b])
        size[a] += size[b]
        box[a] = np.concatenate([np.minimum(box[a, :2], box[b, :2]), np.maximum(box[a, 2:], box[b, 2:])])
        near = np.isfinite(np.maximum(alike[a], alike[b]))
        near[[a, b]] = False
        alike[b], alike[:, b] = -np.inf, -np.inf
        near = near.nonzero()[0]
        alike[a, b] = alike[b, a] = -np.inf
        alike[a, near] = alike[near, a] = _similarity(a, near, size, colour, box, area)
        found.append(box[a].copy())
    return np.array(found)


def _similarity(
    a: np.ndarray | int, near: np.ndarray, size: np.ndarray, colour: np.ndarray, box: np.ndarray, area: int
) -> np.ndarray:
    """How alike region `a`, or each of a (K,), is to each of `near` (K,): of one colour, both small, without gaps."""
    both = size[a] + size[near]
    low, high = np.minimum(box[a, :2], box[near, :2]), np.maximum(box[a, 2:], box[near, 2:])
    gaps = (high - low).prod(1) - both
    return -COLOUR * np.linalg.norm(colour[a] - colour[near], axis=1) - (both + gaps) / area
