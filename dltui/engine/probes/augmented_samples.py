"""What a net is trained on where pictures are changed anew each time: as it comes, and change by change."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.augmentations.pictures import Augmentation, augmented
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify

TASKS = ("classify",)
METRICS = {}
SHOWN, SIDE = 4, 2  # pictures as they are trained on, and how many of them in a row
ACROSS = 5  # in a row of changes


def build() -> Callable[[Classify], "AugmentedSamples"]:
    """Pictures as a step sees them, with their labels; one picture under each change."""
    return AugmentedSamples


class AugmentedSamples:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.rows, self.augment = task.rows.pictures(), task.augment or Augmentation([], 1.0)

    def pictures(self) -> Iterator[Picture]:
        train, classes = self.rows.train, self.rows.classes
        shown, changes, strength = train.inputs[:SHOWN], self.augment.changes, self.augment.strength
        labels = [classes[target] for target in train.targets[:SHOWN].tolist()]
        yield Picture("trained on", trained_on(shown, labels, changes, strength))
        if changes:
            yield Picture("changes", change_by_change(shown[0], changes, strength))


def trained_on(pictures: Tensor, labels: list[str], names: list[str], strength: float) -> dict:
    """Returns the payload `image` of pictures (SHOWN, C, H, W) as a step would see them, with their labels."""
    return montage(augmented(pictures, names, strength), columns=SIDE, captions=labels)


def change_by_change(picture: Tensor, names: list[str], strength: float) -> dict:
    """Returns the payload `image` of a picture (C, H, W) as it is, under each change alone, and under all of them."""
    as_it_is = picture[None]
    alone = [augmented(as_it_is, [name], strength) for name in names]
    free = -(1 + len(alone)) % ACROSS or ACROSS  # cells left in the last row
    together = [augmented(as_it_is, names, strength) for _ in range(free)]
    captions = ["as it is", *names, *["all"] * free]
    return montage(torch.cat([as_it_is, *alone, *together]), columns=ACROSS, captions=captions)
