"""Boxes judged, step by step: their overlap, which of them stay, which are right, and what a detector is worth."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.generators.scenes import CLASSES, scenes
from dltui.engine.metrics.detection import (
    Found,
    area,
    iou,
    judged,
    matched,
    mean_ap,
    nms,
    precision_recall,
    taken,
)
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("overlap", "least")
METRICS = {
    "iou": Metric("intersection over union of the two boxes shown", better="higher", range=(0, 1)),
    "iou_equal": Metric("of two equal boxes", better="higher", range=(0, 1)),
    "iou_halves": Metric("of two boxes, half of each in the other", better="higher", range=(0, 1)),
    "pixel_error": Metric(
        "greatest distance of the formula from the counting of pixels, over all places of the moved box", better="lower"
    ),
    "left": Metric("boxes that are not removed yet"),
    "tp": Metric("true positives so far: of the right class and IoU at least `least` with an object not found yet"),
    "fp": Metric("false positives so far"),
    "fn": Metric("objects not found so far: false negatives"),
    "map50": Metric("mean average precision over the classes, after non-maximum suppression"),
    "map50_raw": Metric("the same before it"),
}
SIZE = 64
FIXED = torch.tensor([20.0, 20.0, 44.0, 44.0])  # the box that the other one passes over
PATH = range(-24, 25, 2)  # where the other one stands beside it
PICTURES = 3


def build(*, overlap: float = 0.5, least: float = 0.5, objects: int = 4) -> Callable:
    """Returns (data, nets, device) -> Boxes.

    overlap: IoU above which the worse of two boxes is removed, at least 0, at most 1.
    least: IoU with an object from which a box is right, above 0, at most 1.
    objects: shapes in each of the pictures, at least 1, at most 8.
    """
    return partial(Boxes, overlap=overlap, least=least, objects=objects)


class Boxes:
    """Scenes, and what a clumsy detector, drawn by the run's seed, found in them.

    First a box passes over another one; then each step keeps one box and removes its twins; then each judges one.
    Classes of all pictures are told apart, so that all boxes lie in one list: picture * len(CLASSES) + class.
    """

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        overlap: float,
        least: float,
        objects: int,
    ):
        self.overlap, self.least = overlap, least
        drawn = scenes(PICTURES, int(torch.randint(1 << 30, ())), size=SIZE, least=objects, most=objects)
        self.pixels = torch.from_numpy(drawn.pictures)
        classes = torch.from_numpy(drawn.classes)
        known = classes >= 0
        apart = (classes + torch.arange(PICTURES)[:, None] * len(CLASSES))[known]
        self.objects = Found(torch.from_numpy(drawn.boxes)[known], apart, torch.ones(len(apart)))
        self.raw = clumsy(self.objects)
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {"iou": iou(FIXED, self._moved).item()}

    @property
    def _moved(self) -> Tensor:
        return FIXED + PATH[min(self.place["step"], len(PATH)) - 1] * torch.tensor([1.0, 0.0, 1.0, 0.0])

    @property
    def _stage(self) -> tuple[Tensor, int, int]:
        """The rows that suppression keeps, the best first; how many of them are chosen, and how many judged, by now."""
        kept = nms(self.raw, self.overlap)
        chosen = min(max(0, self.place["step"] - len(PATH)), len(kept))
        return kept, chosen, min(max(0, self.place["step"] - len(PATH) - len(kept)), len(kept))

    def evaluate(self) -> dict[str, float]:
        kept, chosen, done = self._stage
        true = int(self._right(kept)[:done].sum())
        halves = FIXED + torch.tensor([12.0, 0.0, 12.0, 0.0])
        return {
            "iou_equal": iou(FIXED, FIXED).item(),
            "iou_halves": iou(FIXED, halves).item(),
            "pixel_error": max(abs(iou(FIXED, box).item() - by_pixels(FIXED, box)) for box in _ways()),
            "left": len(self.raw.boxes) - int(self._twins(kept[:chosen]).sum()),
            "tp": true,
            "fp": done - true,
            "fn": len(self.objects.boxes) - true,
            "map50": self._map50(taken(self.raw, kept)),
            "map50_raw": self._map50(self.raw),
        }

    def _right(self, kept: Tensor) -> Tensor:
        """Rows (K,) -> whether each is a true positive (K,) bool."""
        found = taken(self.raw, kept)
        right = torch.zeros(len(kept), dtype=torch.bool)
        for number in found.classes.unique():
            mine = found.classes == number
            there = self.objects.boxes[self.objects.classes == number]
            right[mine] = matched(found.boxes[mine], found.scores[mine], there, self.least) >= 0
        return right

    def _twins(self, chosen: Tensor) -> Tensor:
        """Which boxes are removed (N,) bool, once the rows `chosen` are kept."""
        over = iou(self.raw.boxes[chosen, None], self.raw.boxes[None]) > self.overlap
        over &= self.raw.classes[chosen, None] == self.raw.classes[None]
        over &= self.raw.scores[chosen, None] > self.raw.scores[None]
        return over.any(0)

    def _map50(self, found: Found) -> float:
        return mean_ap(by_picture(found), by_picture(self.objects), len(CLASSES), self.least)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Two boxes; then those that are left; then those that are judged, with what follows from them."""
        kept, chosen, done = self._stage
        if not chosen:
            yield Picture("boxes", self._pair())
        elif not done:
            twins = self._twins(kept[:chosen])
            title = f"keep the best, remove its twins above IoU {self.overlap:g}: {int((~twins).sum())} boxes are left"
            left = (~twins).nonzero()[:, 0]
            yield Picture("boxes", self._scenes(left, self.raw.classes[left] % len(CLASSES), title, CLASSES))
        else:
            right = self._right(kept)[:done]
            title = f"TP {int(right.sum())}, FP {int((~right).sum())}, FN {len(self.objects.boxes) - int(right.sum())}"
            yield Picture(
                "boxes", self._scenes(kept[:done], 1 - right.long(), title, ("true positive", "false positive"))
            )
            yield Picture("precision and recall", self._curves(kept[:done]))
            yield Picture("confusion", self._confusion(kept[:done]))

    def _pair(self) -> dict:
        """The fixed box and the moved one, and what they have in common."""
        a, b = FIXED, self._moved
        ground = torch.zeros(1, 3, SIZE, SIZE)
        mask = (_inside(a, 0, SIZE) & _inside(b, 0, SIZE)).long().numpy() * 3
        both = area(torch.cat([torch.maximum(a[:2], b[:2]), torch.minimum(a[2:], b[2:])])).item()
        whole = (area(a) + area(b)).item() - both
        boxes = [{"cell": 0, "box": box.tolist(), "colour": number} for number, box in enumerate((a, b))]
        title = f"IoU = {both:g} / {whole:g} = {both / whole:.3f}"
        names = ["fixed", "moved", "intersection"]
        return montage(ground, title=title) | {"type": "boxes", "boxes": boxes, "masks": mask, "classes": names}

    def _scenes(self, rows: Tensor, colours: Tensor, title: str, names: tuple[str, ...]) -> dict:
        """The pictures, their objects dashed, and the boxes of these rows over them."""
        boxes = []
        for picture in range(PICTURES):
            there = self.objects.classes // len(CLASSES) == picture
            mine = self.raw.classes[rows] // len(CLASSES) == picture
            found = taken(self.raw, rows[mine])
            found = found._replace(classes=found.classes % len(CLASSES))
            boxes += boxed(picture, taken(self.objects, there), dashed=True)
            boxes += boxed(picture, found, CLASSES, colours[mine])
        sheet = montage(self.pixels, columns=PICTURES, title=title)
        return sheet | {"type": "boxes", "boxes": boxes, "classes": list(names)}

    def _curves(self, rows: Tensor) -> dict:
        curves = []
        found, objects = by_picture(taken(self.raw, rows)), by_picture(self.objects)
        for number, name in enumerate(CLASSES):
            one = judged(found, objects, number, self.least)
            if len(one.true) and one.objects:
                precision, recall = precision_recall(one.true, one.scores, one.objects)
                x, y = torch.cat([torch.zeros(1), recall]).numpy(), torch.cat([precision[:1], precision]).numpy()
                curves.append({"name": f"{name}, AP so far {one.ap:.2f}", "x": x, "y": y})
        return {"type": "lines", "curves": curves, "x_title": "recall", "y_title": "precision"}

    def _confusion(self, rows: Tensor) -> dict:
        """Objects by what was found there, whatever the class; what has no partner stands at "nothing"."""
        nothing = len(CLASSES)
        counts = torch.zeros(nothing + 1, nothing + 1, dtype=torch.int64)
        found, objects = by_picture(taken(self.raw, rows)), by_picture(self.objects)
        for one, there in zip(found, objects, strict=True):
            owner = matched(one.boxes, one.scores, there.boxes, self.least)
            for row, of_class in zip(owner.tolist(), one.classes.tolist(), strict=True):
                counts[there.classes[row] if row >= 0 else nothing, of_class] += 1
            missed = ~torch.isin(torch.arange(len(there.boxes)), owner)
            counts[:, nothing] += torch.bincount(there.classes[missed], minlength=nothing + 1)
        names = [*CLASSES, "nothing"]
        titles = {"row_title": "object", "column_title": "found"}
        return {"type": "matrix", "values": counts.numpy(), "rows": names, "columns": names, **titles}


def by_picture(found: Found) -> list[Found]:
    """Returns the boxes of each picture, with the classes' own numbers."""
    parts = [taken(found, found.classes // len(CLASSES) == picture) for picture in range(PICTURES)]
    return [part._replace(classes=part.classes % len(CLASSES)) for part in parts]


def _ways() -> list[Tensor]:
    """Boxes of whole numbers on a slanting way over the fixed one."""
    return [FIXED + at * torch.tensor([1.0, 0.5, 1.0, 0.5]) for at in PATH]


def _inside(box: Tensor, first: int, end: int) -> Tensor:
    """Which pixels of rows and columns `first` to `end` lie in a box, (S, S) bool."""
    at = torch.arange(first, end) + 0.5
    return ((at > box[1]) & (at < box[3]))[:, None] & ((at > box[0]) & (at < box[2]))


def by_pixels(a: Tensor, b: Tensor) -> float:
    """IoU of two boxes of whole numbers, by counting the pixels of either and of both."""
    one, other = (_inside(box, -SIZE, 2 * SIZE) for box in (a, b))
    return ((one & other).sum() / (one | other).sum()).item()


def clumsy(objects: Found) -> Found:
    """What a detector might find: most objects, often twice or more and a little beside, some of a wrong class, and
    boxes around nothing. Drawn from torch's generator; no two scores are equal."""
    times = torch.randint(0, 5, (len(objects.boxes),))
    rows = torch.arange(len(times)).repeat_interleave(times)
    sides = (objects.boxes[rows, 2:] - objects.boxes[rows, :2]).repeat(1, 2)
    boxes = objects.boxes[rows] + 0.1 * sides * torch.randn(len(rows), 4)
    good = iou(boxes, objects.boxes[rows])
    classes = objects.classes[rows]
    other = classes // len(CLASSES) * len(CLASSES) + torch.randint(len(CLASSES), classes.shape)
    classes = torch.where(torch.rand(len(rows)) < 0.15, other, classes)
    count = 3 * PICTURES  # around nothing
    corner, side = torch.rand(count, 2) * SIZE * 0.7, SIZE * (0.12 + 0.18 * torch.rand(count, 2))
    boxes = torch.cat([boxes, torch.cat([corner, corner + side], 1)]).clamp(0, SIZE)
    classes = torch.cat([classes, torch.randint(PICTURES * len(CLASSES), (count,))])
    scores = torch.cat([(good + 0.25 * torch.randn(len(good))).clamp(0.1, 0.98), 0.1 + 0.5 * torch.rand(count)])
    return Found(boxes, classes, scores + torch.linspace(0, 1e-3, len(scores)))
