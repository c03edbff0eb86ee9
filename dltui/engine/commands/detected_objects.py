"""What a detector finds in pictures of the user's own: boxes in their own pixels, and drawn over them."""

from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from dltui.engine.commands.predict import error_row
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.contracts.dataset import as_floats
from dltui.engine.layers.boxes import Boxes
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.engine.reading import picture
from dltui.engine.reading.picture_files import white_in
from dltui.engine.training.picture_files import payload_to_files
from dltui.errors import DltuiError
from dltui.runs.run import Run

SEEN = 6  # pictures that are shown
SHARPER = 3  # times as many pixels a side as the net sees are shown
NAMED = 12  # boxes of a picture at which the classes stand


class Found(NamedTuple):
    """A picture as the net sees it (C, size, size) uint8, sharper for the eye, and its own width and height."""

    pixels: Tensor
    shown: Tensor
    width: int
    height: int
    done: tuple[str, ...]


def detected(run: Run, files: list[Path], variant: str, folder: Path) -> dict:
    """Returns what `predict` does, a row a file, with "objects": [{label, score, box: x, y, width, height in pixels of
    the picture, upright}], the surest first, and the picture's "width" and "height"."""
    notes: list[str] = []
    learner, data = open_learner(run, variant, notes.append)
    channels, size = data.facts["channels"], data.facts["size"]
    rows, seen = [], []
    for path in files:
        try:
            found = _found(path, channels, size)
        except DltuiError as error:
            rows.append(error_row(path, error.message))
            continue
        with learner.evaluation_mode():
            inputs = as_floats(found.pixels[None]).to(learner.device)
            (boxes,) = learner.task.predictions(inputs, learner.task.min_score)
        rows.append(_row(path, found, boxes, size, data.classes))
        seen.append((found, boxes))
    drawn = _drawn(seen[:SEEN], size, data.classes, folder) if seen else None
    return {"rows": rows, **step_used(run, learner), "notes": notes, "seen": drawn, "classes": list(data.classes)}


def _found(path: Path, channels: int, size: int) -> Found:
    """Raises DltuiError where the file is no picture."""
    opened: Image.Image = picture.open_picture(path)
    white, told = white_in(opened, str(path))
    pixels, shown = (
        torch.tensor(picture.fitted(opened, channels, side, white=white, where=str(path)))
        for side in (size, SHARPER * size)
    )
    if opened.width != opened.height:
        told = (*told, f"stretched from {opened.width} x {opened.height} pixels to {size} x {size}")
    return Found(pixels, shown, opened.width, opened.height, told)


def _row(path: Path, found: Found, boxes: Boxes, size: int, classes: tuple[str, ...]) -> dict:
    scale = torch.tensor([found.width, found.height] * 2) / size
    objects = []
    for place in boxes.scores.argsort(descending=True, stable=True).tolist():
        x1, y1, x2, y2 = (boxes.boxes[place].clamp(0, size) * scale).tolist()
        objects.append({
            "label": classes[boxes.classes[place]],
            "score": boxes.scores[place].item(),
            "box": [round(side, 1) for side in (x1, y1, x2 - x1, y2 - y1)],
        })  # fmt: skip
    row = {"file": str(path), "label": "", "probabilities": {}, "done": list(found.done), "error": ""}
    return {**row, "objects": objects, "width": found.width, "height": found.height}


def _drawn(seen: list[tuple[Found, Boxes]], size: int, classes: tuple[str, ...], folder: Path) -> dict:
    sheet = montage(torch.stack([found.shown for found, _ in seen]), columns=min(3, len(seen)))
    drawn = []
    for cell, (_, boxes) in enumerate(seen):
        larger = boxes._replace(boxes=boxes.boxes * SHARPER)
        drawn += boxed(cell, larger, classes if len(boxes.boxes) <= NAMED else ())
    return payload_to_files(sheet | {"type": "boxes", "boxes": drawn, "classes": list(classes)}, folder, "seen")
