"""Grad-CAM: where a net looked when it scored a class (Selvaraju et al. 2017, arXiv:1610.02391).

Judged by the grid pointing game (Böhle, Fritz, Schiele 2021, arXiv:2104.00032): four test pictures of different classes
make one, and the map of each class should be brightest in its own quarter. A net whose weights are drawn anew should
fail it (Adebayo et al. 2018, "Sanity checks for saliency maps", arXiv:1810.03292).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage, viewable
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Box

TASKS = ("classify",)
METRICS = {
    "pointing": Metric(
        "share of the maps that are brightest in the quarter of their class; 1/4 by chance",
        better="higher", range=(0, 1), rows="test",
    ),
    "random_pointing": Metric(
        "pointing by the same net with its weights drawn anew", range=(0, 1), axis="pointing", rows="test"
    ),
}  # fmt: skip
QUARTERS = 4
SHOWN = 1
DIM = 0.45  # light of a picture under its map
SEED = 0  # of the grids and of the weights that are drawn anew: the same each time


def build(
    *, weighted_by: Literal["gradient", "nothing"] = "gradient", grids: int = 100
) -> Callable[[Classify], "GradCam"]:
    """For a net of convolutions that takes pictures of any size.

    weighted_by: gradient, a feature map counts by the mean slope of the class's logit in it; nothing, all count alike.
    grids: pictures put together out of four test pictures, at least 1.
    """
    return partial(GradCam, weighted_by=weighted_by, grids=grids)


class GradCam:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, weighted_by: str, grids: int):
        self.task, self.rows, self.weighted_by = task, task.rows.pictures().labelled(), weighted_by
        numbers, self.classes = drawn_grids(self.rows.test.targets.cpu(), grids)  # (G, 4) each
        device = self.rows.test.targets.device
        self.classes = self.classes.to(device)
        parts = self.rows.test.batch(numbers.flatten().to(device))  # (4 G, C, H, W)
        self.grids = joined(parts.view(-1, QUARTERS, *parts.shape[1:]))  # (G, C, 2 H, 2 W)

    def evaluate(self) -> dict[str, float]:
        return {
            "pointing": self.pointing(self.task.net),
            "random_pointing": self.pointing(redrawn(self.task.net)),
        }

    def pointing(self, net: nn.Module) -> float:
        peaks = [quarter_of_peak(self.maps(net, self.grids, self.classes[:, k])) for k in range(QUARTERS)]
        right = torch.stack([peak == k for k, peak in enumerate(peaks)])
        return right.float().mean().item()

    def maps(self, net: nn.Module, pictures: Tensor, classes: Tensor) -> Tensor:
        """The map (B, h, w) of a class (B,) in each picture (B, C, H, W)."""
        features, gradient = features_and_gradient(net, pictures, classes)
        return class_map(features, gradient if self.weighted_by == "gradient" else torch.ones_like(features))

    def pictures(self) -> Iterator[Picture]:
        """A row a grid: itself, and the map of each of its classes, laid over it; the quarter of the class is boxed."""
        grids, classes = self.grids[:SHOWN], self.classes[:SHOWN]
        plain = viewable(grids).mean(1, keepdim=True).expand(-1, 3, -1, -1)  # (n, 3, H, W)
        cells = [plain]
        for k in range(QUARTERS):
            maps = self.maps(self.task.net, grids, classes[:, k])
            cells.append(overlaid(plain, maps))
        names = [[self.rows.classes[number] for number in row] for row in classes.tolist()]
        captions = [caption for row in names for caption in ("", *(f"map of {name}" for name in row))]
        sheet = montage(torch.stack(cells, 1).flatten(0, 1), columns=1 + QUARTERS, captions=captions)
        height, width = grids.shape[2] // 2, grids.shape[3] // 2
        boxes = [
            Box(cell=row * (1 + QUARTERS) + 1 + k, box=[x, y, x + width, y + height], colour=0).table()
            for row in range(len(grids))
            for k, (y, x) in enumerate((a, b) for a in (0, height) for b in (0, width))
        ]
        yield Picture("maps", sheet | {"type": "boxes", "boxes": boxes})


# -- the map -----------------------------------------------------------------------------------------------------------


def class_map(features: Tensor, gradient: Tensor) -> Tensor:
    """L = ReLU(sum over k of alpha_k A_k), alpha_k the mean of the gradient over the places of map k (equations 1, 2).

    Both (B, K, h, w) -> (B, h, w).
    """
    alpha = gradient.mean((2, 3), keepdim=True)  # (B, K, 1, 1)
    return (alpha * features).sum(1).clamp(min=0)


def features_and_gradient(net: nn.Module, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Returns A, the last feature maps of the net (B, K, h, w), and d logit of the class / d A, of the same shape.

    Raises DltuiError (2) where the net has no maps, or takes pictures of another size only.
    """
    maps: list[Tensor] = []

    def note(_layer: nn.Module, _inputs: tuple, out: object) -> None:
        if isinstance(out, Tensor) and out.dim() == 4 and out.shape[2] > 1:
            maps.append(out)

    hooks = [layer.register_forward_hook(note) for layer in net.modules() if layer is not net]
    try:
        with torch.enable_grad():
            score = net(pictures.detach().requires_grad_()).gather(1, classes[:, None]).sum()
            gradient = torch.autograd.grad(score, maps[-1])[0]  # no picture's logit depends on another picture
    except (RuntimeError, IndexError) as error:  # it takes one size alone, or has no maps
        raise DltuiError(
            f"Grad-CAM needs a net of convolutions that takes pictures of any size, not {type(net).__name__}.",
            "Set model.kind=resnet, or leave the probe out.",
            ExitStatus.USAGE,
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    return maps[-1].detach(), gradient


def redrawn(net: nn.Module) -> nn.Module:
    """A copy of the net with all weights as they are drawn before training."""
    net = deepcopy(net)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        for layer in net.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return net


# -- the game ----------------------------------------------------------------------------------------------------------


def drawn_grids(targets: Tensor, grids: int) -> tuple[Tensor, Tensor]:
    """Classes (N,) of rows -> numbers of rows (grids, 4), and their classes, four different ones, (grids, 4).

    Raises DltuiError (4) where there are fewer.
    """
    generator = torch.Generator().manual_seed(SEED)
    there = targets.unique()
    if len(there) < QUARTERS:
        what = f"A grid is of {QUARTERS} test pictures of different classes; the test rows have {len(there)}."
        raise DltuiError(what, "Take data with more classes, or more rows of them.", ExitStatus.DATA)
    order = torch.rand(grids, len(there), generator=generator).argsort(1)[:, :QUARTERS]
    classes = there[order]  # (grids, 4)
    # of the rows of each class one, each as likely
    chance = torch.rand(grids * QUARTERS, len(targets), generator=generator)
    of_class = targets == classes.flatten()[:, None]  # (4 grids, N)
    return torch.where(of_class, chance, -1).argmax(1).view(grids, QUARTERS), classes


def joined(parts: Tensor) -> Tensor:
    """Pictures (G, 4, C, H, W) -> (G, C, 2 H, 2 W): the first two above the others."""
    above, below = (torch.cat(list(pair.unbind(1)), -1) for pair in parts.split(2, 1))
    return torch.cat([above, below], -2)


def quarter_of_peak(maps: Tensor) -> Tensor:
    """Maps (B, h, w) -> the number of the quarter with the highest place (B,); -1 where a map is 0 everywhere."""
    height, width = maps.shape[1:]
    peak = maps.flatten(1).argmax(1)
    row, column = (peak // width + 0.5) * 2 / height, (peak % width + 0.5) * 2 / width
    return torch.where(maps.amax((1, 2)) > 0, row.long() * 2 + column.long(), -1)


def overlaid(pictures: Tensor, maps: Tensor) -> Tensor:
    """Grey pictures (B, 3, H, W) under maps (B, h, w), whose highest place is red, as (B, 3, H, W) in 0..1."""
    heat = maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-12)
    heat = interpolate(heat[:, None], size=pictures.shape[2:], mode="bilinear")  # (B, 1, H, W)
    red = torch.tensor([1.0, 0.25, 0.0], device=maps.device).view(1, 3, 1, 1)
    return (DIM * pictures + heat * red).clamp(max=1)
