"""Boxes judged, step by step: their IoU, non-maximum suppression, true and false positives, and average precision."""

from collections.abc import Callable

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.scenes import CLASSES, scenes
from dltui.engine.layers.boxes import Boxes, area, iou, nms
from dltui.engine.metrics.detection import judged, matched, mean_ap, precision_recall
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Matrix

NEEDS_DATA = False
LIVE = ("nms_iou", "match_iou")
METRICS = {
    "iou": Metric("intersection over union of the two boxes shown", better="higher", range=(0, 1)),
    "iou_equal": Metric("intersection over union of two equal boxes", better="higher", range=(0, 1)),
    "iou_halves": Metric("intersection over union of two boxes that overlap by half", better="higher", range=(0, 1)),
    "pixel_error": Metric(
        "greatest distance of the IoU formula from counted pixels, on the way", better="lower", check=True
    ),
    "left": Metric("boxes that are not removed yet", whole=True, unit="boxes"),
    "tp": Metric(
        "true positives so far: of the right class, IoU at least `match_iou` with an object not found yet", whole=True
    ),
    "fp": Metric("false positives so far", whole=True, axis="tp"),
    "fn": Metric("objects not found so far: false negatives", whole=True, axis="tp"),
    "map50": Metric("mean average precision after non-maximum suppression", better="higher", range=(0, 1)),
    "map50_raw": Metric("mean average precision before non-maximum suppression", better="higher", range=(0, 1)),
}
SIZE = 64
FIXED = torch.tensor([20.0, 20.0, 44.0, 44.0])  # the box that the other one passes over
RIGHT = torch.tensor([1.0, 0.0, 1.0, 0.0])
PATH = range(-24, 25, 2)  # where the other one stands beside it
PICTURES = 3


def build(*, nms_iou: float = 0.5, match_iou: float = 0.5, objects: int = 4) -> Callable[[Context], "JudgedBoxes"]:
    """First a box passes over another one; then each step keeps one box and removes its twins; then each judges one.

    nms_iou: IoU above which the worse of two boxes is removed, at least 0, at most 1.
    match_iou: IoU with an object from which a box is right, above 0, at most 1.
    objects: shapes in each of the pictures, at least 1, at most 8.
    """
    return lambda context: JudgedBoxes(nms_iou, match_iou, objects)


class JudgedBoxes:
    """A walkthrough through scenes, and what a clumsy detector, drawn by the run's seed, predicted in them.

    Classes of all pictures are told apart, so that all boxes lie in one list: picture * len(CLASSES) + class.
    """

    def __init__(self, nms_iou: float, match_iou: float, objects: int):
        self.nms_iou, self.match_iou = nms_iou, match_iou
        drawn = scenes(PICTURES, int(torch.randint(1 << 30, ())), size=SIZE, least=objects, most=objects)
        self.pixels = torch.from_numpy(drawn.pictures)
        classes = torch.from_numpy(drawn.classes)
        known = classes >= 0
        apart = (classes + torch.arange(PICTURES)[:, None] * len(CLASSES))[known]
        self.objects = Boxes(torch.from_numpy(drawn.boxes)[known], apart, torch.ones(len(apart)))
        self.raw = clumsy(self.objects)

    @property
    def length(self) -> int:
        return len(PATH) + 2 * len(nms(self.raw, self.nms_iou))

    def at(self, step: int) -> Moment:
        """Two boxes; then those that are left; then those that are judged, with what follows from them."""
        kept = nms(self.raw, self.nms_iou)  # rows, the best first
        moved = FIXED + PATH[min(max(step, 1), len(PATH)) - 1] * RIGHT
        chosen, judged_ones = kept[: max(0, step - len(PATH))], kept[: max(0, step - len(PATH) - len(kept))]
        removed, right = self._twins(chosen), self._right(judged_ones)
        tp = int(right.sum())
        counts = {"tp": tp, "fp": len(right) - tp, "fn": len(self.objects.boxes) - tp}
        metrics = {
            "iou": iou(FIXED, moved).item(),
            "iou_equal": iou(FIXED, FIXED).item(),
            "iou_halves": iou(FIXED, FIXED + 12 * RIGHT).item(),
            "pixel_error": max(abs(iou(FIXED, box).item() - by_pixels(FIXED, box)) for box in _ways()),
            "left": int((~removed).sum()),
            **counts,
            "map50": self._map50(self.raw.take(kept)),
            "map50_raw": self._map50(self.raw),
        }
        if len(judged_ones):
            return Moment(metrics, self._judgement(judged_ones, right, counts))
        boxes = self._suppression((~removed).nonzero()[:, 0]) if len(chosen) else pair(FIXED, moved)
        return Moment(metrics, [Picture("boxes", boxes)])

    def _right(self, rows: Tensor) -> Tensor:
        """Rows (K,) -> whether each is a true positive (K,) bool."""
        predicted = self.raw.take(rows)
        right = torch.zeros(len(rows), dtype=torch.bool)
        for number in predicted.classes.unique():
            mine = predicted.classes == number
            there = self.objects.boxes[self.objects.classes == number]
            right[mine] = matched(predicted.boxes[mine], predicted.scores[mine], there, self.match_iou) >= 0
        return right

    def _twins(self, chosen: Tensor) -> Tensor:
        """Which boxes are removed (N,) bool, once the rows `chosen` are kept."""
        over = iou(self.raw.boxes[chosen, None], self.raw.boxes[None]) > self.nms_iou
        over &= self.raw.classes[chosen, None] == self.raw.classes[None]
        over &= self.raw.scores[chosen, None] > self.raw.scores[None]
        return over.any(0)

    def _map50(self, predicted: Boxes) -> float:
        return mean_ap(by_picture(predicted), by_picture(self.objects), len(CLASSES), self.match_iou)

    def _suppression(self, left: Tensor) -> dict:
        title = f"keep the best, remove its twins above IoU {self.nms_iou:g}: {len(left)} boxes are left"
        return self._scenes(left, self.raw.classes[left] % len(CLASSES), title, CLASSES)

    def _judgement(self, rows: Tensor, right: Tensor, counts: dict[str, int]) -> list[Picture]:
        """Which of the boxes of these rows (K,) are right (K,), and what follows from them."""
        title = ", ".join(f"{name.upper()} {count}" for name, count in counts.items())
        names = ("true positive", "false positive")
        return [
            Picture("boxes", self._scenes(rows, 1 - right.long(), title, names)),
            Picture("precision and recall", self._curves(rows)),
            Picture("confusion", self._confusion(rows)),
        ]

    def _scenes(self, rows: Tensor, colours: Tensor, title: str, names: tuple[str, ...]) -> dict:
        """The pictures, their objects dashed, and the boxes of these rows over them."""
        boxes = []
        for picture, there in enumerate(by_picture(self.objects)):
            mine = self.raw.classes[rows] // len(CLASSES) == picture
            predicted = self.raw.take(rows[mine])
            predicted = predicted._replace(classes=predicted.classes % len(CLASSES))
            boxes += boxed(picture, there, dashed=True)
            boxes += boxed(picture, predicted, CLASSES, colours[mine])
        sheet = montage(self.pixels, columns=PICTURES, title=title)
        return sheet | {"type": "boxes", "boxes": boxes, "classes": list(names)}

    def _curves(self, rows: Tensor) -> Lines:
        """Precision over recall of the boxes of these rows, a curve a class."""
        curves = {}
        predicted, objects = by_picture(self.raw.take(rows)), by_picture(self.objects)
        for number, name in enumerate(CLASSES):
            one = judged(predicted, objects, number, self.match_iou)
            if len(one.true) and one.objects:
                precision, recall = precision_recall(one.true, one.scores, one.objects)
                x, y = torch.cat([torch.zeros(1), recall]), torch.cat([precision[:1], precision])
                curves[f"{name}, AP so far {one.ap:.2f}"] = x, y
        return lines(curves, x_title="recall", y_title="precision")

    def _confusion(self, rows: Tensor) -> Matrix:
        """Objects by what was predicted there, whatever the class; what has no partner stands at "nothing"."""
        nothing = len(CLASSES)
        counts = torch.zeros(nothing + 1, nothing + 1, dtype=torch.int64)
        for one, there in zip(by_picture(self.raw.take(rows)), by_picture(self.objects), strict=True):
            owner = matched(one.boxes, one.scores, there.boxes, self.match_iou)
            for row, of_class in zip(owner.tolist(), one.classes.tolist(), strict=True):
                counts[there.classes[row] if row >= 0 else nothing, of_class] += 1
            missed = ~torch.isin(torch.arange(len(there.boxes)), owner)
            counts[:, nothing] += torch.bincount(there.classes[missed], minlength=nothing + 1)
        names = [*CLASSES, "nothing"]
        return Matrix(values=counts.numpy(), rows=names, columns=names, row_title="object", column_title="found")


def pair(a: Tensor, b: Tensor) -> dict:
    """Returns the payload `boxes` of two boxes (4,), and what they have in common."""
    mask = (_inside(a, 0, SIZE) & _inside(b, 0, SIZE)).long().numpy() * 3
    both = area(torch.cat([torch.maximum(a[:2], b[:2]), torch.minimum(a[2:], b[2:])])).item()
    whole = (area(a) + area(b)).item() - both
    boxes = [{"cell": 0, "box": box.tolist(), "colour": number} for number, box in enumerate((a, b))]
    sheet = montage(torch.zeros(1, 3, SIZE, SIZE), title=f"IoU = {both:g} / {whole:g} = {both / whole:.3f}")
    return sheet | {"type": "boxes", "boxes": boxes, "masks": mask, "classes": ["fixed", "moved", "intersection"]}


def by_picture(boxes: Boxes) -> list[Boxes]:
    """Returns the boxes of each picture, with the classes' own numbers."""
    parts = [boxes.take(boxes.classes // len(CLASSES) == picture) for picture in range(PICTURES)]
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


def clumsy(objects: Boxes) -> Boxes:
    """What a detector might predict: most objects, often twice or more and a little beside, some of a wrong class, and
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
    return Boxes(boxes, classes, scores + torch.linspace(0, 1e-3, len(scores)))
