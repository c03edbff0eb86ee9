"""Localization: the class of the one object of a picture, and its box, by regression (Sermanet et al. 2014,
"OverFeat"; the loss of the box by GIoU: Rezatofighi et al. 2019)."""

from itertools import pairwise
from typing import Literal, NamedTuple

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, smooth_l1_loss

from dltui.engine.layers.anchors import anchors, decode, encode
from dltui.engine.layers.boxes import Boxes, giou
from dltui.engine.layers.convolved import convolved

PLAIN = (1.0, 1.0, 1.0, 1.0)  # offsets as they are, divided by nothing
SIDE = 0.3  # of the box from which each cell begins, as a share of the picture's


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 8,
    depth: int = 3,
    box_loss: Literal["l2", "smooth_l1", "giou"] = "giou",
) -> nn.Module:
    """Each cell of the last map gives class scores and a box, and how much they count: the answer is the mean.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    depth: times that the picture is halved, at least 1, at most 4.
    box_loss: l2, squares of the corners' errors, of pictures of side 1; smooth_l1, of the middle and of the sides'
        logarithms; giou, 1 - generalized IoU.
    """
    return Localizer(channels, size, classes, (width, depth), box_loss)


class Located(NamedTuple):
    """Of each picture: logits (N, classes), the corners of a box in pixels (N, 4), what cells count (N, S * S)."""

    logits: Tensor
    boxes: Tensor
    weights: Tensor


class Localizer(nn.Module):
    """Pictures (N, channels, size, size) -> Located; S = size / 2^depth. See contracts.models.Detector."""

    def __init__(self, channels: int, size: int, classes: int, maps: tuple[int, int], box_loss: str):
        super().__init__()
        width, depth = maps
        self.classes, self.box_loss = classes, box_loss
        widths = [channels, *(width << level for level in range(depth))]
        last = widths[-1]
        self.features = nn.Sequential(
            *(layer for before, after in pairwise(widths) for layer in (*convolved(before, after), nn.MaxPool2d(2))),
            *convolved(last, last),
            *convolved(last, last),
        )
        self.head = nn.Conv2d(last, 1 + classes + 4, 1)
        cells = anchors(size, [(size >> depth, [(SIDE * size, SIDE * size)])])
        self.register_buffer("cells", cells, persistent=False)  # (S * S, 4)

    def forward(self, pictures: Tensor) -> Located:
        given = self.head(self.features(pictures)).flatten(2).transpose(1, 2)  # (N, S * S, 1 + classes + 4)
        weights, logits, offsets = given.split([1, self.classes, 4], -1)
        weights = weights.softmax(1)  # (N, S * S, 1)
        boxes = decode(offsets, self.cells, PLAIN)
        return Located((weights * logits).sum(1), (weights * boxes).sum(1), weights[..., 0])

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5), of which the first counts -> scalar, the mean."""
        found, one = self(pictures), objects[:, 0]
        of_class = cross_entropy(found.logits, one[:, 4].long().clamp(min=0), reduction="none")  # (N,)
        of_box = box_losses(found.boxes, one[:, :4], pictures.shape[-1], self.box_loss)  # (N,)
        return ((one[:, 4] >= 0) * (of_class + of_box)).mean()

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns one box of each picture, on the host, if the probability of its class is at least `min_score`."""
        found, size = self(pictures), pictures.shape[-1]
        scores, classes = found.logits.softmax(1).max(1)
        every = Boxes(found.boxes.clamp(0, size).cpu(), classes.cpu(), scores.cpu())
        ones = (every.take(slice(row, row + 1)) for row in range(len(pictures)))
        return [one.take(one.scores >= min_score) for one in ones]


def box_losses(found: Tensor, boxes: Tensor, size: int, kind: str) -> Tensor:
    """Predicted boxes (N, 4) and those of objects (N, 4), in pixels of pictures of `size` -> loss of each (N,)."""
    if kind == "giou":
        return 1 - giou(found, boxes)
    if kind == "l2":
        return ((found - boxes) / size).square().sum(1)
    whole = found.new_tensor([0, 0, size, size])
    return smooth_l1_loss(encode(found, whole, PLAIN), encode(boxes, whole, PLAIN), reduction="none").sum(1)
