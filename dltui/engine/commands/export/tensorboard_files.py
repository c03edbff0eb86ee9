"""The log of a run as TensorBoard's event files: a folder a variant, curves and pictures at the times they came."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from dltui.engine.commands.saved_run import Tell
from dltui.errors import DltuiError
from dltui.runs.events import Tail
from dltui.runs.run import Run


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields the folder of each variant (of one, where `variant` names it). Raises DltuiError where there are none."""
    starts = [(event["seq"], event["step"]) for event in Tail(run.log).read() if event["kind"] == "started"]
    writers: dict[str, SummaryWriter] = {}
    counts: dict[str, list[int]] = {}
    tail = Tail(run.log)
    for event in tail.read():
        series = event.get("series", "")
        if event["kind"] not in ("scalars", "frame") or (variant and series != variant):
            continue
        last = min((step for seq, step in starts if seq > event["seq"]), default=math.inf)  # later ones were done again
        if series not in writers:
            writers[series] = SummaryWriter(str(out / series if series else out))
            counts[series] = [0, 0]
        if event["kind"] == "scalars":
            counts[series][0] += _scalars(writers[series], event, last)
        elif event["step"] <= last:
            counts[series][1] += _picture(writers[series], event, run.frames)
    if not writers:
        raise DltuiError(f"{run.id} has no numbers to export.", f"See: dltui attach {run.id}")
    beside = f"; lines of the log that could not be read: {tail.unreadable:,}" if tail.unreadable else ""
    for series, writer in writers.items():
        writer.close()
        numbers, pictures = counts[series]
        yield Path(writer.log_dir), f"{numbers:,} numbers, {pictures:,} pictures{beside}", {}


def _scalars(writer: SummaryWriter, event: dict, last: float) -> int:
    """Writes the numbers of one flush, to step `last`; returns how many. A gap (null) is none; nan and inf are kept."""
    count = 0
    for name, values in event["values"].items():
        for step, value in zip(event["step"], values, strict=True):
            if value is not None and step <= last:
                writer.add_scalar(name, float(value), step, walltime=event["t"])
                count += 1
    return count


def _picture(writer: SummaryWriter, event: dict, folder: Path) -> int:
    payload = event["payload"]
    if payload.get("type") != "image":
        return 0
    try:
        pixels = np.asarray(Image.open(folder / Path(payload["file"]).name))
    except (OSError, KeyError):
        return 0  # a picture that was thrown away
    form = "HWC" if pixels.ndim == 3 else "HW"
    writer.add_image(event["pane"], pixels, event["step"], walltime=event["t"], dataformats=form)
    return 1
