"""`python -m dltui.engine.commands.sample RUN_DIR`: new pictures from a trained run."""

import argparse
from pathlib import Path

import torch

from dltui.engine.commands.answer import answer
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.pictures.montage import montage
from dltui.engine.training.picture_files import payload_to_files
from dltui.errors import DltuiError
from dltui.runs.run import Run


def sample(run: Run, count: int, seed: int, variant: str) -> dict:
    """Returns {"payload": image payload, "files": [paths], step, last_step, status, notes} of `count` new pictures,
    written into the run's samples/. Raises DltuiError.

    step: of the weights. last_step, status: of the run. notes: of checkpoints that could not be used.
    """
    notes: list[str] = []
    learner, _ = open_learner(run, variant, notes.append)
    if not hasattr(learner.task, "sample"):
        raise DltuiError(
            f'task "{learner.recipe.task.kind}" has nothing to sample.', f"Try: dltui predict {run.id} FILE"
        )
    folder = run.path / "samples"
    with learner.evaluation_mode():
        torch.manual_seed(seed)
        drawn = learner.task.sample(count)
        if drawn.dim() != 4:
            raise DltuiError(
                f"{run.id} draws rows of {drawn[0].numel()} numbers, and only pictures are sampled to files.",
                f"They are shown in its pictures: dltui replay {run.id}",
            )
    try:
        folder.mkdir(exist_ok=True)
        payload = payload_to_files(montage(drawn), folder, f"{variant or 'samples'}-{seed}-{count}")
    except OSError as error:
        raise DltuiError(f"{folder}: cannot be written: {error.strerror}.", "Free some space: dltui doctor") from None
    files = [str(folder / payload["file"])]
    return {"payload": payload, "files": files, **step_used(run, learner), "notes": notes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variant", default="")
    given = parser.parse_args()
    return answer(lambda: sample(Run(given.run), given.count, given.seed, given.variant))


if __name__ == "__main__":
    raise SystemExit(main())
