"""Class maps: where in a picture a net finds each class, before each map is averaged to a logit (Lin, Chen, Yan 2014,
"Network in network", arXiv:1312.4400, section 3.2)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("classify",)
LIVE = ("picture",)
METRICS = {
    "logit_error": Metric(
        "greatest distance of a logit from the mean of its class map, on some test rows",
        better="lower",
        range=(0, None),
        rows="test",
        check=True,
    )
}
ROWS = 100  # test rows that are measured
LEAST = 10  # points of the terminal that a map must have


def build(*, picture: int = 0, pictures: int = 4) -> Callable[[Classify], "ClassMaps"]:
    """For a net with `class_maps(pictures)`, which gives a map for each class.

    picture: the first of the test pictures that are shown, at least 0; past the last one it begins again.
    pictures: how many are shown, at least 1.
    """
    return partial(ClassMaps, picture=picture, pictures=pictures)


class ClassMaps:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, picture: int, pictures: int):
        self.task, self.rows = task, task.rows.pictures()
        self.picture, self.count = picture, pictures
        if not hasattr(task.net, "class_maps"):
            raise DltuiError(
                f"Class maps are shown of a net that has a map for each class, not of {type(task.net).__name__}.",
                "Set model.kind to nin, or leave the probe out.",
                ExitStatus.USAGE,
            )

    def evaluate(self) -> dict[str, float]:
        x = self.rows.test.inputs[:ROWS]
        means = self.task.net.class_maps(x).mean((2, 3))  # (B, classes)
        return {"logit_error": (self.task.net(x) - means).abs().max().item()}

    def pictures(self) -> Iterator[Picture]:
        test, count = self.rows.test, min(self.count, len(self.rows.test))
        rows = torch.arange(self.picture, self.picture + count) % len(test)
        rows = rows.to(test.targets.device)
        x = test.batch(rows)
        shown = class_maps_picture(x, self.task.net.class_maps(x), test.targets[rows], self.rows.classes)
        yield Picture("class maps", shown)


def class_maps_picture(pictures: Tensor, maps: Tensor, targets: Tensor, classes: Sequence[str]) -> dict:
    """Returns the payload `image`: a row a picture; beside it the map of its class, and that of the other class with
    the highest mean, both to one scale, black for 0 and below.

    pictures: (N, C, H, W). maps: (N, classes, h, w). targets: (N,), classes of the pictures.
    """
    means = maps.mean((2, 3)).scatter(1, targets[:, None], -torch.inf)
    pair = torch.stack([targets, means.argmax(1)], 1)  # (N, 2)
    maps = maps.gather(1, pair[..., None, None].expand(-1, -1, *maps.shape[2:])).clamp(min=0)
    bright = maps / maps.amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    bright = interpolate(bright, size=pictures.shape[2:])  # (N, 2, H, W)
    cells = torch.cat([pictures.amax(1, keepdim=True), bright], 1).flatten(0, 1)[:, None]
    captions = [
        word for a, b in pair.tolist() for word in (f"is {classes[a]}", f"map {classes[a]}", f"map {classes[b]}")
    ]
    return montage(cells, columns=3, captions=captions, least=LEAST)
