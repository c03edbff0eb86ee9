"""`python -m dltui.engine.commands.sample RUN_DIR`: new pictures from a trained run."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.commands.answer import answer
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.contracts.task import Task
from dltui.engine.pictures.montage import montage
from dltui.engine.training.picture_files import payload_to_files
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.runs.run import Run

MOVES = 24  # pictures of a film, at most
SECONDS, LAST = 0.12, 2.0  # that each of them, and the last, is seen
LARGEST_SIDE = 512  # pixels of a film, which small pictures are enlarged to


class Asked(NamedTuple):
    """How many pictures, by which seed and by which variant; of which class, '' for any; in how many columns, 0 for a
    square. film: whether the way of diffusion's pictures out of noise is asked for."""

    count: int
    seed: int
    variant: str
    label: str
    columns: int
    film: bool


def sample(run: Run, asked: Asked) -> dict:
    """Returns {"payload": image payload, "files": [paths], step, last_step, status, notes} of new pictures, written
    into the run's samples/. Raises DltuiError.

    step: of the weights. last_step, status: of the run. notes: of checkpoints that could not be used.
    """
    notes: list[str] = []
    learner, _ = open_learner(run, asked.variant, notes.append)
    task = learner.task
    if not hasattr(task, "sample"):
        raise DltuiError(
            f'task "{learner.recipe.task.kind}" has nothing to sample.', f"Try: dltui predict {run.id} FILE"
        )
    folder = run.path / "samples"
    with learner.evaluation_mode():
        torch.manual_seed(asked.seed)
        labels = _labels(task, asked, run) if asked.label else None
        sheets = list(_sheets(task, asked, labels, run))
    try:
        folder.mkdir(exist_ok=True)
        stem = "-".join(
            [asked.variant or "samples", str(asked.seed), str(asked.count), *[asked.label] * bool(labels is not None)]
        )
        payload = payload_to_files(sheets[-1], folder, stem)
        files = [str(folder / payload["file"])]
        if asked.film:
            files.append(str(_film(sheets, folder / f"{stem}.gif")))
    except OSError as error:
        raise DltuiError(f"{folder}: cannot be written: {error.strerror}.", "Free some space: dltui doctor") from None
    return {"payload": payload, "files": files, **step_used(run, learner), "notes": notes}


def _labels(task: Task, asked: Asked, run: Run) -> Tensor:
    """(count,) the number of the class that is asked for."""
    if not getattr(task, "conditional", False):
        raise DltuiError(
            f"{run.id} was not told classes: it draws what comes.",
            "Recipes that are: dltui list cgan, dltui list ddpm-conditional",
            ExitStatus.USAGE,
        )
    classes = list(task.rows.classes)
    if asked.label not in classes:
        hint = did_you_mean(asked.label, classes)
        raise DltuiError(f'{run.id} knows no class "{asked.label}".', hint, ExitStatus.USAGE)
    return torch.full((asked.count,), classes.index(asked.label), device=task.rows.device)


def _sheets(task: Task, asked: Asked, labels: Tensor | None, run: Run) -> Iterator[dict]:
    """The payload of the pictures that are drawn; of a film those of its moments, the last the pictures themselves."""
    if asked.film and not hasattr(task, "way"):
        raise DltuiError(
            f"{run.id} draws its pictures at once: there is no way to film.",
            f"Its training as a film: dltui report {run.id} --gif FILE",
            ExitStatus.USAGE,
        )
    if asked.film:
        moments = list(task.way(asked.count, labels))
        kept = [moments[round(place * (len(moments) - 1) / (MOVES - 1))] for place in range(MOVES)]
        moments = kept if len(moments) > MOVES else moments
    else:
        moments = [task.sample(asked.count) if labels is None else task.sample_classes(labels)]
    for drawn in moments:
        if drawn.dim() != 4:
            raise DltuiError(
                f"{run.id} draws rows of {drawn[0].numel()} numbers, and only pictures are sampled to files.",
                f"They are shown in its pictures: dltui replay {run.id}",
            )
        yield montage(drawn, columns=asked.columns)


def _film(sheets: list[dict], path: Path) -> Path:
    """Writes a GIF that plays for ever."""
    from PIL import Image

    times = max(1, LARGEST_SIDE // max(sheets[0]["pixels"].shape[:2]))
    first, *rest = (Image.fromarray(sheet["pixels"].repeat(times, 0).repeat(times, 1)) for sheet in sheets)
    shown = [round(1000 * SECONDS)] * len(rest) + [round(1000 * LAST)]
    first.save(path, save_all=True, append_images=rest, duration=shown, loop=0)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variant", default="")
    parser.add_argument("--label", default="")
    parser.add_argument("--columns", type=int, default=0)
    parser.add_argument("--film", action="store_true")
    given = vars(parser.parse_args())
    run = Run(given.pop("run"))
    return answer(lambda: sample(run, Asked(**given)))


if __name__ == "__main__":
    raise SystemExit(main())
