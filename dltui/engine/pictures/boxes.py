"""Boxes over pictures: the payload `boxes`."""

from collections.abc import Sequence

from torch import Tensor

from dltui.engine.layers.boxes import Boxes


def boxed(
    cell: int, predicted: Boxes, names: Sequence[str] = (), colours: Tensor | None = None, *, dashed: bool = False
) -> list[dict]:
    """Returns the boxes of a picture as the payload holds them, those of the best scores on top.

    names: of the classes, which stand with the scores at the boxes; none: no names. colours: numbers (N,), else those
    of the classes.
    """
    boxes = []
    colours = predicted.classes if colours is None else colours
    for row in predicted.scores.argsort(stable=True).tolist():
        box: dict[str, object] = {"cell": cell, "box": [round(side, 1) for side in predicted.boxes[row].tolist()]}
        box["colour"] = int(colours[row])
        if names:
            box["label"] = f"{names[predicted.classes[row]]} {predicted.scores[row]:.2f}".replace(" 0.", " .")
        boxes.append(box | ({"dashed": True} if dashed else {}))
    return boxes
