"""Maps of the branches of a net that stand side by side: what each of them makes of one picture."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus

TASKS = ("classify",)
LIVE = ("picture",)
METRICS = {}
LEAST = 6  # points of the terminal that a map must have


def build(*, picture: int = 0, maps: int = 4) -> Callable[[Classify], "BranchMaps"]:
    """For a net with `maps(pictures)`, which gives those of its branches by name.

    picture: the test picture that is shown, at least 0; past the last one it begins again with the first.
    maps: maps of each branch that are shown, the brightest ones, at least 1.
    """
    return partial(BranchMaps, picture=picture, maps=maps)


class BranchMaps:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, picture: int, maps: int):
        self.task, self.rows = task, task.rows.pictures()
        self.picture, self.count = picture, maps
        if not hasattr(task.net, "maps"):
            raise DltuiError(
                f"Branch maps are shown of a net with branches, not of {type(task.net).__name__}.",
                "Set model.kind to inception, or leave the probe out.",
                ExitStatus.USAGE,
            )

    def pictures(self) -> Iterator[Picture]:
        row = self.picture % len(self.rows.test)
        x, label = self.rows.test.inputs[row : row + 1], self.rows.classes[int(self.rows.test.targets[row])]
        branches = {name: brightest(maps[0], self.count) for name, maps in self.task.net.maps(x).items()}
        yield Picture("branches", branches_picture(x[0], branches, f"label {label}: the brightest maps of each branch"))


def brightest(maps: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """maps (n, h, w) -> the `count` with the highest activations, and their numbers, in order."""
    units = maps.amax((1, 2)).topk(min(count, len(maps))).indices.sort().values
    return maps[units], units


def branches_picture(picture: Tensor, branches: dict[str, tuple[Tensor, Tensor]], title: str) -> dict:
    """Returns the payload `image`: a row a branch, on the left the picture, then its maps, each row to one scale.

    picture: (C, H, W). branches: maps (n, h, w), at least 0 each, and their numbers (n,).
    """
    columns = 1 + max(len(units) for _, units in branches.values())
    blank = torch.zeros_like(picture.amax(0))
    cells, captions = [], []
    for name, (maps, units) in branches.items():
        bright = maps / maps.amax().clamp(min=1e-12)
        row = [picture.amax(0), *interpolate(bright[None], size=picture.shape[1:])[0]]
        cells += [*row, *[blank] * (columns - len(row))]
        captions += [name, *[f"map {unit}" for unit in units.tolist()], *[""] * (columns - len(row))]
    return montage(torch.stack(cells)[:, None], columns=columns, captions=captions, title=title, least=LEAST)
