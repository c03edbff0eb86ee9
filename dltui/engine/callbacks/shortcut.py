"""A shortcut in the training pictures: a small cross that betrays the class, and maps of what a classifier looks at.

Occlusion maps (Zeiler and Fergus 2014, arXiv:1311.2901): how much the probability of the predicted class falls when a
square is covered. Saliency maps (Simonyan et al. 2014, arXiv:1312.6034): |d logit / d pixel|. The experiment is that of
the huskies on snow (Ribeiro et al. 2016, arXiv:1602.04938).
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Box

TASKS = ("classify",)
METRICS = {
    "train_accuracy": Metric(
        "accuracy on training pictures as they are trained on, marked or clean",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="train",
    ),
    "marked_accuracy": Metric(
        "accuracy on test pictures with the mark of their class", range=(0, 1), axis="accuracy", rows="test"
    ),
    "swapped_accuracy": Metric(
        "accuracy on test pictures with the mark of another class", range=(0, 1), axis="accuracy", rows="test"
    ),
    "occlusion_on_mark": Metric(
        "share of the marked test pictures in which no square matters more than one on the mark",
        range=(0, 1),
        rows="test",
    ),
}
ROWS = 1000  # training and test pictures that accuracies are measured on
MAPPED = 60  # test pictures of which occlusion maps are made
SHOWN = 3
CROSS = torch.tensor([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).bool()


def build(*, marked: bool = True, cell: int = 4) -> Callable[[Classify], "Shortcut"]:
    """A cross of 3x3 pixels at the lower edge, farther to the right for each class.

    marked: whether the training pictures bear the mark of their class; test pictures never do, but for its metrics.
    cell: height and width in pixels of the squares that an occlusion map covers, at least 1, at most 16.
    """
    return partial(Shortcut, marked=marked, cell=cell)


class Shortcut:
    """See contracts.callback.Callback."""

    def __init__(self, task: Classify, marked: bool, cell: int):
        self.task, self.rows = task, task.rows.pictures().labelled()
        self.trains_on_marks, self.cell = marked, cell
        *_, height, width = self.rows.train.stored.shape
        self.crosses = crosses(len(self.rows.classes), height, width).to(task.rows.device)
        some = as_floats(self.rows.train.stored[:ROWS])
        self.cover = some.transpose(0, 1).flatten(1).median(1).values[None, :, None, None]  # a colour that is common
        if marked:
            task.batch_transforms.append(self.with_marks)

    def with_marks(self, pictures: Tensor, classes: Tensor) -> Tensor:
        """pictures (B, C, H, W), classes (B,) of the marks -> (B, C, H, W)."""
        return torch.where(self.crosses[classes], 1.0, pictures)

    def others(self, classes: Tensor) -> Tensor:
        """classes (B,) -> for each another one, whose mark is far from its own."""
        count = len(self.rows.classes)
        return (classes + count // 2) % count

    def evaluate(self) -> dict[str, float]:
        train, test = ((part.inputs[:ROWS], part.targets[:ROWS]) for part in (self.rows.train, self.rows.test))
        seen = self.with_marks(*train) if self.trains_on_marks else train[0]
        return {
            "train_accuracy": self._accuracy(seen, train[1]),
            "marked_accuracy": self._accuracy(self.with_marks(*test), test[1]),
            "swapped_accuracy": self._accuracy(self.with_marks(test[0], self.others(test[1])), test[1]),
            "occlusion_on_mark": self._on_mark(test[0][:MAPPED], test[1][:MAPPED]),
        }

    def _accuracy(self, pictures: Tensor, classes: Tensor) -> float:
        return (self._predictions(pictures) == classes).float().mean().item()

    def _predictions(self, pictures: Tensor) -> Tensor:
        return self.task.predictions(self.task.logits(pictures))

    def _on_mark(self, pictures: Tensor, classes: Tensor) -> float:
        maps = occlusion(self.task.probabilities, self.with_marks(pictures, classes), self.cell, self.cover)
        on_mark, most = (maps * self.crosses[classes][:, 0]).amax((1, 2)), maps.amax((1, 2))
        return ((on_mark == most) & (most > 0)).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        """A row a test picture with the mark of another class: itself, its occlusion map, its saliency map."""
        given, classes = self.rows.test.inputs[:SHOWN], self.rows.test.targets[:SHOWN]
        others, names = self.others(classes), self.rows.classes
        marked = self.with_marks(given, others)
        maps = [occlusion(self.task.probabilities, marked, self.cell, self.cover), saliency(self.task.net, marked)]
        grey = [(part / part.amax((1, 2), keepdim=True).clamp(min=1e-12))[:, None].expand_as(given) for part in maps]
        predicted = [names[number] for number in self._predictions(marked).tolist()]
        captions = [caption for name in predicted for caption in (name, "occluded", "saliency")]
        title = "wrong mark; prediction below"
        sheet = montage(torch.stack([marked, *grey], 1).flatten(0, 1), columns=3, captions=captions, title=title)
        places = [box_of(self.crosses[mark, 0]) for mark in others for _ in range(3)]
        boxes = [Box(cell=cell, box=place, colour=0).table() for cell, place in enumerate(places)]
        yield Picture("maps", sheet | {"type": "boxes", "boxes": boxes, "classes": ["mark"]})


def crosses(classes: int, height: int, width: int) -> Tensor:
    """Returns the pixels of each class's mark (classes, 1, height, width) bool. Raises DltuiError (2) where two would
    be the same."""
    if height < 8 or width - 4 <= classes:
        raise DltuiError(
            f"Pictures of {height} x {width} pixels have no room for the marks of {classes} classes.",
            "Take larger pictures, or fewer classes: data.kind=mnist",
            ExitStatus.USAGE,
        )
    marks = torch.zeros(classes, 1, height, width, dtype=torch.bool)
    for number, left in enumerate(torch.linspace(1, width - 4, classes).round().long().tolist()):
        marks[number, 0, height - 4 : height - 1, left : left + 3] = CROSS
    return marks


def box_of(mark: Tensor) -> list[int]:
    """mark (H, W) bool -> [x1, y1, x2, y2], a pixel around it."""
    rows, columns = (mark.any(axis).nonzero()[:, 0] for axis in (1, 0))
    return [int(columns[0]) - 1, int(rows[0]) - 1, int(columns[-1]) + 2, int(rows[-1]) + 2]


def occlusion(probabilities: Callable[[Tensor], Tensor], pictures: Tensor, cell: int, cover: Tensor) -> Tensor:
    """Pictures (B, C, H, W) -> by how much the probability of the predicted class falls when the square that a pixel
    lies in is covered, (B, H, W), at least 0.

    probabilities: pictures -> (B, classes). cover: the colour (1, C, 1, 1).
    """
    before = probabilities(pictures)
    predicted = before.argmax(1, keepdim=True)
    found = pictures.new_zeros(len(pictures), *pictures.shape[2:])
    for top in range(0, pictures.shape[2], cell):
        for left in range(0, pictures.shape[3], cell):
            square = (..., slice(top, top + cell), slice(left, left + cell))
            covered = pictures.clone()
            covered[square] = cover
            fall = before.gather(1, predicted) - probabilities(covered).gather(1, predicted)  # (B, 1)
            found[square] = fall[..., None]
    return found.clamp(min=0)


def saliency(net: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W) -> |d logit of the predicted class / d pixel|, largest of the channels (B, H, W)."""
    with torch.enable_grad():
        pictures = pictures.detach().requires_grad_()
        gradient = torch.autograd.grad(net(pictures).amax(1).sum(), pictures)[0]
    return gradient.abs().amax(1)
