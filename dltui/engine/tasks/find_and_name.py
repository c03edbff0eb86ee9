"""Two nets in a row: a detector finds things of one kind, a classifier names what lies in each box."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.roi_align import roi_align
from dltui.engine.metrics.detection import matched
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

MODELS = ("detector", "namer")
NET_HAS = {"detector": ("loss", "detect")}
METRICS = {
    "loss": Metric("training loss of the detector", better="lower", progress=True, rows="train"),
    "naming_loss": Metric("training loss of the namer", better="lower", progress=True, rows="train"),
    "found": Metric(
        "share of the test objects that a box fits, with an IoU of 0.5 or more", better="higher", range=(0, 1),
        rows="test",
    ),
    "lost": Metric(
        "share of the test objects that no box fits: the namer never sees them", better="lower", range=(0, 1),
        rows="test",
    ),
    "named": Metric("share of the objects found that are named rightly", better="higher", range=(0, 1), rows="test"),
    "named_from_truth": Metric(
        "share of all test objects named rightly where the namer is given their true boxes", better="higher",
        range=(0, 1), rows="test",
    ),
    "both": Metric(
        "share of the test objects that are found, and named rightly", better="higher", range=(0, 1), rows="test"
    ),
    "found_strict": Metric(
        "share of the test objects that a box with a score of `strict` or more fits", better="higher", range=(0, 1),
        rows="test",
    ),
    "both_strict": Metric(
        "share of the test objects that such a box fits, and that are named rightly", better="higher", range=(0, 1),
        rows="test",
    ),
    "false_alarms": Metric("boxes a test picture that fit no object", better="lower", range=(0, None), rows="test"),
}  # fmt: skip
SIDE = 24  # pixels of what the namer sees
ROWS = 100  # pictures looked at together
SHOWN, ACROSS = 6, 3
LEAST, SCORES = 0.2, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95]  # from which a box is looked at; on the curve


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The detector knows one class; the namer sees what lies in a box, and knows all."""
    if role == "detector":
        return {"classes": 1}
    return {"size": SIDE, "inputs": facts["channels"] * SIDE**2, "outputs": facts["classes"]}


class Chain(NamedTuple):
    """What both nets give of a picture."""

    found: Boxes  # all of class 0
    names: Tensor  # (N,) int64, what the namer takes each for

    def of_score(self, least: float) -> "Chain":
        """Those boxes alone that have such a score."""
        kept = self.found.scores >= least
        return Chain(self.found.take(kept), self.names[kept])


class Judged(NamedTuple):
    """Counts over the test pictures."""

    objects: int
    found: int
    right: int  # found, and named rightly
    alarms: int  # boxes that fit no object


def build(
    *, jitter: float = 0.12, min_score: float = 0.3, strict: float = 0.8, nms_iou: float = 0.4
) -> Callable[[Context], "FindAndName"]:
    """Both nets are trained on the same pictures, the namer on the true boxes.

    jitter: how far each side of a true box is moved at most before the namer learns from it, as a share of its length,
        since the detector's boxes will not be exact, at least 0, at most 0.5.
    min_score: score from which a box counts, at least 0.2, at most 1.
    strict: score from which a box counts for a cautious detector, at least 0.2, at most 1.
    nms_iou: IoU above which the worse of two boxes is removed, at least 0, at most 1.
    """
    return partial(FindAndName, jitter=jitter, min_score=min_score, strict=strict, nms_iou=nms_iou)


class FindAndName:
    """A detector as contracts.models.Detector says, and a net (B, C, SIDE, SIDE) -> logits (B, classes)."""

    def __init__(self, context: Context, jitter: float, min_score: float, strict: float, nms_iou: float):
        self.detector, self.namer = context.nets["detector"], context.nets["namer"]
        self.rows, self.jitter = context.rows.boxes(), jitter
        self.min_score, self.strict, self.nms_iou = min_score, strict, nms_iou
        self.objects = [one[one[:, 4] >= 0] for one in self.rows.data.test.targets]  # (M, 5) of each test picture

    def objectives(self) -> list[Objective]:
        return [
            Objective("loss", "detector", self.detection_loss),
            Objective("naming_loss", "namer", self.naming_loss),
        ]

    def detection_loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar. Whatever an object is, the detector learns that one is there."""
        objects = self.rows.train.targets[rows]
        alike = torch.cat([objects[..., :4], objects[..., 4:].clamp(max=0)], -1)
        return self.detector.loss(self.rows.train.batch(rows), alike)

    def naming_loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar, the mean over their objects."""
        objects = self.rows.train.targets[rows]  # (B, M, 5)
        boxes = objects[..., :4]
        sides = (boxes[..., 2:] - boxes[..., :2]).repeat(1, 1, 2)
        moved = boxes + self.jitter * sides * (2 * torch.rand_like(boxes) - 1)
        logits = self.names(self.rows.train.batch(rows), moved)
        return cross_entropy(logits.flatten(0, 1), objects[..., 4].long().flatten(), ignore_index=-1)

    def names(self, pictures: Tensor, boxes: Tensor) -> Tensor:
        """Pictures (B, C, H, W), boxes (B, M, 4) -> logits (B, M, classes) of what lies in each."""
        crops = roi_align(pictures, boxes, SIDE, samples=1)  # (B, M, C, SIDE, SIDE)
        return self.namer(crops.flatten(0, 1)).unflatten(0, boxes.shape[:2])

    def chains(self, inputs: Tensor) -> list[Chain]:
        """inputs (N, C, H, W) -> what both nets make of each picture."""
        chains = []
        for part in inputs.split(ROWS):
            found = self.detector.detect(part, LEAST, self.nms_iou)
            boxes = pad_sequence([one.boxes for one in found], batch_first=True)  # (B, most, 4)
            names = self.names(part, boxes.to(part.device)).argmax(-1).cpu() if boxes.numel() else boxes[..., 0].long()
            chains += [Chain(one, of[: len(one.boxes)]) for one, of in zip(found, names, strict=True)]
        return chains

    def judged(self, chains: list[Chain], least: float) -> Judged:
        """chains of the test pictures -> how many of their objects boxes of such a score find and name."""
        found, right, alarms = 0, 0, 0
        for chain, there in zip((chain.of_score(least) for chain in chains), self.objects, strict=True):
            owner = matched(chain.found.boxes, chain.found.scores, there[:, :4])  # (N,), -1 for none
            hit = owner >= 0
            found, alarms = found + int(hit.sum()), alarms + int((~hit).sum())
            right += int((chain.names[hit] == there[owner[hit], 4].long()).sum())
        return Judged(sum(map(len, self.objects)), found, right, alarms)

    def evaluate(self) -> dict[str, float]:
        chains = self.chains(self.rows.test.inputs)
        one, strict = (self.judged(chains, least) for least in (self.min_score, self.strict))
        found = one.found / one.objects
        return {
            "found": found, "lost": 1 - found, "named": one.right / max(1, one.found),
            "named_from_truth": self._from_truth(), "both": one.right / one.objects,
            "found_strict": strict.found / one.objects, "both_strict": strict.right / one.objects,
            "false_alarms": one.alarms / len(self.objects),
        }  # fmt: skip

    def _from_truth(self) -> float:
        right, objects = 0, 0
        for inputs, targets in self.rows.test.parts(ROWS):
            there = targets[..., 4] >= 0
            names = self.names(inputs, targets[..., :4]).argmax(-1)
            right += ((names == targets[..., 4].long()) & there).sum().item()
            objects += there.sum().item()
        return right / objects

    def pictures(self) -> Iterator[Picture]:
        """Test pictures with the boxes found and their names, the truth dashed; and where objects get lost."""
        test, classes = self.rows.test, list(self.rows.classes)
        chains = self.chains(test.inputs)
        boxes, captions = [], []
        for cell, (chain, there) in enumerate(zip(chains[:SHOWN], self.objects, strict=False)):
            seen = chain.of_score(self.min_score)
            true = Boxes(there[:, :4], there[:, 4].long(), torch.ones(len(there)))
            boxes += boxed(cell, true, dashed=True) + boxed(cell, seen.found._replace(classes=seen.names), classes)
            captions.append("true: " + ", ".join(classes[int(number)] for number in there[:, 4].tolist()))
        sheet = montage(test.inputs[:SHOWN], columns=ACROSS, captions=captions)
        yield Picture("signs", sheet | {"type": "boxes", "boxes": boxes})
        each = [self.judged(chains, least) for least in SCORES]
        curves = [
            Curve(name=name, x=SCORES, y=values)
            for name, values in (
                ("named, true boxes given", [self._from_truth()] * len(SCORES)),
                ("found", [one.found / one.objects for one in each]),
                ("found and named", [one.right / one.objects for one in each]),
            )
        ]
        yield Picture("chain", Lines(curves=curves, x_title="score asked of a box", y_title="share of the objects"))
