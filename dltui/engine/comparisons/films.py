"""Test films as strips of frames with the prediction after each frame, and how accuracy grows as the films go on."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
SAME_ROWS = True
METRICS = {
    "opposite": Metric(
        "share of the test films that, run backwards, are predicted to be of the opposite class, where there is one",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    )
}
ROWS = 300  # films that go through the net together
LEAST = 7  # points of the terminal that a frame must have
LOOKED_AT = 100  # test films that the curves and the confusion matrix are of: pictures are drawn often


def build(*, shown: int = 3, paired: bool = False) -> Callable[[Mapping[str, Classify]], "Films"]:
    """In the place of what each variant shows. The first variant's predictions are written below the frames.

    shown: how many test films, at least 1.
    paired: whether the classes 1 and 2, 3 and 4 ... are each other's film run backwards.
    """
    return partial(Films, shown=shown, paired=paired)


class Films:
    """See contracts.probe.Comparison. The frames of a film are the channels of a picture."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, Classify], shown: int, paired: bool):
        self.tasks, self.shown, self.paired = tasks, shown, paired
        self.first = next(iter(tasks.values()))
        self.rows = self.first.rows.pictures().labelled()

    def verdicts(self, task: Classify, films: Tensor) -> Tensor:
        """films (N, T, H, W) -> the class predicted after each frame (N, T); of all where a net reads them at once."""
        if not hasattr(task.net, "verdicts"):
            return task.predictions(task.logits(films))[:, None].expand(-1, films.shape[1])
        logits = torch.cat([task.net.verdicts(part).float() for part in films.split(ROWS)])
        return task.predictions(logits.flatten(0, 1)).unflatten(0, logits.shape[:2])

    def evaluate(self) -> dict[str, dict[str, float]]:
        if not self.paired:
            return {}
        films, opposite = self.rows.test.inputs, self.rows.test.targets ^ 1
        found = {}
        for name, task in self.tasks.items():
            backwards = task.predictions(task.logits(films[:].flip(1)))
            found[name] = {"opposite": (backwards == opposite).float().mean().item()}
        return found

    def pictures(self) -> Iterator[Picture]:
        """Strips; accuracy by frames seen; what the first variant took for what."""
        test, classes = self.rows.test, self.rows.classes
        films, targets = test.inputs[:LOOKED_AT], test.targets[:LOOKED_AT]
        all_verdicts = {name: self.verdicts(task, films) for name, task in self.tasks.items()}
        first = next(iter(all_verdicts.values()))
        yield Picture("films", self._strips(films, first))
        yield Picture("running accuracy", self._curves(all_verdicts))
        yield Picture("confusion", confusion(targets, first[:, -1], classes))

    def _strips(self, films: Tensor, verdicts: Tensor) -> dict:
        """Every second frame, so that there is room for them."""
        chosen = self._of_different_classes()
        frames, classes = films[chosen, ::2], self.rows.classes
        captions = [classes[number] for number in verdicts[chosen, ::2].flatten().tolist()]
        true = ", ".join(classes[number] for number in self.rows.test.targets[chosen].tolist())
        title = f"true: {true}; below each frame: the prediction so far"
        sheet = frames.flatten(0, 1)[:, None]
        return montage(sheet, columns=frames.shape[1], captions=captions, title=title, least=LEAST)

    def _of_different_classes(self) -> Tensor:
        """Numbers of the first test films of some classes."""
        targets = self.rows.test.targets[:LOOKED_AT]
        order = targets.argsort(stable=True)
        new = torch.cat([targets.new_ones(1), targets[order].diff()]) > 0
        firsts = order[new].sort().values
        return firsts[: self.shown]

    def _curves(self, all_verdicts: dict[str, Tensor]) -> Lines:
        curves = []
        for name, verdicts in all_verdicts.items():
            right = (verdicts == self.rows.test.targets[: len(verdicts), None]).float().mean(0).tolist()
            curves.append(Curve(name=name or "net", x=[number + 1 for number in range(len(right))], y=right))
        return Lines(curves=curves, x_title="frames seen", y_title="accuracy on test films")
