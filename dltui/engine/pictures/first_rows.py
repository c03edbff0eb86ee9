"""Some rows of a data set as a picture: films, pictures with their boxes or masks, mel spectrograms of sounds."""

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.layers.boxes import Boxes
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sounds import DEEP, mel_picture


def first_rows(data: Dataset, rows: int) -> dict | None:
    """Returns the payload `image` or `boxes` of training rows, of as many classes as may be; None for what is neither
    pictures nor sounds."""
    inputs, targets = data.train
    of_classes = bool(data.classes) and targets.dim() == 1 and not targets.is_floating_point()
    chosen = _of_many_classes(targets, rows) if of_classes else torch.arange(min(rows, len(targets)))
    captions = [data.classes[number] for number in targets[chosen].tolist()] if of_classes else []
    if "rate" in data.facts:
        spectra = [torch.from_numpy(mel_picture(sound, data.facts["rate"], "")["values"]) for sound in inputs[chosen]]
        shown = (torch.stack(spectra)[:, None].flip(2) / DEEP + 1).clamp(0, 1)  # (rows, 1, mels, T)
        return montage(shown, columns=len(chosen), captions=captions)
    if inputs.dim() != 4:
        return None
    if frames := data.facts.get("frames"):  # a film is a row
        return montage(inputs[chosen].flatten(0, 1)[:, None], columns=frames)
    sheet = montage(inputs[chosen], columns=len(chosen), captions=captions)
    if targets.dim() == 3 and targets.is_floating_point():
        return {**sheet, "type": "boxes", "boxes": _boxes(targets[chosen], data.classes)}
    if targets.dim() == 3:
        masks = torch.cat(list(targets[chosen]), 1).to(torch.uint8) + 1  # (H, rows * W)
        return {**sheet, "type": "boxes", "masks": masks.numpy(), "classes": list(data.classes)}
    return sheet


def _of_many_classes(targets: Tensor, rows: int) -> Tensor:
    """The first row of each class, and then the second of each, until there are as many as wanted."""
    order = torch.argsort(targets, stable=True)
    counts = targets.bincount()
    rank = torch.arange(len(targets)) - torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    return order[torch.argsort(rank, stable=True)][:rows]


def _boxes(targets: Tensor, classes: tuple[str, ...]) -> list[dict]:
    """targets (rows, M, 5)."""
    found = []
    for cell, row in enumerate(targets):
        known = row[row[:, 4] >= 0]
        numbers = known[:, 4].long()
        some = boxed(cell, Boxes(known[:, :4], numbers, torch.ones(len(known))))
        found += [{**box, "label": classes[box["colour"]]} for box in some]
    return found
