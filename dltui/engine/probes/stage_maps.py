"""Maps of several sizes that a segmenter works with: of each size the strongest one, for one test picture."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.segment import Segment
from dltui.errors import DltuiError, ExitStatus

TASKS = ("segment",)
METRICS = {}
LIVE = ("picture",)
LEAST = 12  # points of the terminal that a map must have


def build(*, picture: int = 0) -> Callable[[Segment], "StageMaps"]:
    """For a net with `stages`: the maps of a pyramid.

    picture: the test picture that is shown, at least 0; past the last one it begins again with the first.
    """
    return partial(StageMaps, picture=picture)


class StageMaps:
    """See contracts.probe.Probe."""

    def __init__(self, task: Segment, picture: int):
        if not hasattr(task.net, "stages"):
            what = f"stage_maps shows maps of several sizes, which {type(task.net).__name__} does not have."
            raise DltuiError(what, "Set model.kind=pspnet.", ExitStatus.USAGE)
        self.task, self.picture = task, picture

    def pictures(self) -> Iterator[Picture]:
        """The picture, and a map of each size, the brightest place of each white."""
        test = self.task.rows.test
        row = self.picture % len(test)
        inputs = test.inputs[row : row + 1]
        cells, captions = [inputs[0]], ["input"]
        for maps in self.task.net.stages(inputs):  # (1, C, h, w), at least 0
            strongest = maps[:, maps.amax((0, 2, 3)).argmax()][:, None]
            bright = strongest / strongest.amax().clamp(min=1e-12)
            cells.append(interpolate(bright, size=inputs.shape[2:])[0].expand_as(inputs[0]))
            captions.append(f"{maps.shape[2]} x {maps.shape[3]}")
        sheet = montage(torch.stack(cells), columns=len(cells), captions=captions, least=LEAST)
        yield Picture("maps", sheet)
