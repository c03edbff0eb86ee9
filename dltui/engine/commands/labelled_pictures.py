"""Pictures of the user's own, made like those that a run was trained on, and the labels that it gives them."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.commands.predict import error_row
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.contracts.dataset import as_floats
from dltui.engine.pictures.montage import montage
from dltui.engine.reading import picture, strokes
from dltui.engine.reading.picture_files import white_in
from dltui.engine.training.learner import Learner
from dltui.engine.training.picture_files import payload_to_files
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run

SEEN = 8  # pictures that are shown as the net sees them


class Wanted(NamedTuple):
    """How the data's pictures are: channels, height and width, and the layout of their strokes on a plain ground."""

    channels: int
    size: int
    layout: strokes.StrokeLayout | None


class Alike(NamedTuple):
    """A picture (C, size, size) uint8 made as the data's are, and words on what was done; or why it is none."""

    pixels: Tensor | None
    done: tuple[str, ...] = ()
    error: str = ""


def labelled(run: Run, files: list[Path], variant: str, folder: Path) -> dict:
    """Returns what `predict` does, a row a file. Raises DltuiError where the run does not label pictures."""
    notes: list[str] = []
    learner, data = open_learner(run, variant, notes.append)
    if not hasattr(learner.task, "probabilities"):
        raise DltuiError(f'task "{learner.recipe.task.kind}" does not predict.', f"Try: dltui sample {run.id}")
    if data.test.inputs.dim() != 4:
        raise DltuiError(
            f"{run.id} was trained on rows of {data.facts['inputs']} numbers, not on pictures.",
            "predict takes runs that were trained on pictures.",
            ExitStatus.USAGE,
        )
    wanted = Wanted(data.facts["channels"], data.facts["size"], strokes.stroke_layout(data.train.inputs.numpy()))
    found = [_made_alike(path, wanted) for path in files]
    with learner.evaluation_mode():
        rows = [_row(path, one, learner, data.classes) for path, one in zip(files, found, strict=True)]
    seen = [(one.pixels, row["label"]) for one, row in zip(found, rows, strict=True) if one.pixels is not None][:SEEN]
    return {"rows": rows, **step_used(run, learner), "notes": notes, "seen": _drawn(seen, folder)}


def _row(path: Path, one: Alike, learner: Learner, classes: tuple[str, ...]) -> dict:
    if one.pixels is None:
        return error_row(path, one.error)
    shares = learner.task.probabilities(as_floats(one.pixels[None]).to(learner.device))[0].tolist()
    label = classes[max(range(len(shares)), key=shares.__getitem__)]
    return {
        "file": str(path),
        "label": label,
        "probabilities": dict(zip(classes, shares, strict=True)),
        "done": list(one.done),
        "error": "",
    }


def _drawn(seen: list[tuple[Tensor, str]], folder: Path) -> dict | None:
    if not seen:
        return None
    pictures, labels = zip(*seen, strict=True)
    sheet = montage(torch.stack(pictures), columns=len(labels), captions=list(labels))
    return payload_to_files(sheet, folder, "seen")


def _made_alike(path: Path, wanted: Wanted) -> Alike:
    try:
        opened = picture.open_picture(path)
        white, told = white_in(opened, str(path))
        if wanted.layout:
            pixels, done = strokes.normalized(opened, wanted.layout, wanted.size, white, str(path))
            return Alike(torch.tensor(pixels), (*told, *done) if white else done)
        pixels = picture.fitted(opened, wanted.channels, wanted.size, white=white, where=str(path))
    except DltuiError as error:
        return Alike(None, error=error.message)
    if opened.width != opened.height:
        told = (*told, f"stretched from {opened.width} x {opened.height} pixels to {wanted.size} x {wanted.size}")
    return Alike(torch.tensor(pixels), told)
