"""`python -m dltui.engine.commands.predict RUN_DIR FILE...`: what a trained run says of pictures of the user's own."""

import argparse
from pathlib import Path

import torch

from dltui.engine.commands.answer import answer
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.reading.picture import read_picture
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run


def predict(run: Run, files: list[Path], variant: str) -> dict:
    """Returns {"rows": [{file, label, probabilities, error}], step, last_step, status, notes}, a row a file; one that
    cannot be read says why. step: of the weights; last_step, status: of the run; notes: of checkpoints not used."""
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
    with learner.evaluation_mode():
        rows = [_row(path, learner, data) for path in files]
    return {"rows": rows, **step_used(run, learner), "notes": notes}


def _row(path: Path, learner: Learner, data: Dataset) -> dict:
    try:
        picture = read_picture(path, data.facts["channels"], data.facts["size"])  # (C, H, W) uint8
    except DltuiError as error:
        return {"file": str(path), "label": "", "probabilities": {}, "error": error.message}
    shares = learner.task.probabilities(as_floats(torch.as_tensor(picture)[None]).to(learner.device))[0].tolist()
    label = data.classes[max(range(len(shares)), key=shares.__getitem__)]
    return {
        "file": str(path),
        "label": label,
        "probabilities": dict(zip(data.classes, shares, strict=True)),
        "error": "",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--variant", default="")
    given = parser.parse_args()
    return answer(lambda: predict(Run(given.run), given.files, given.variant))


if __name__ == "__main__":
    raise SystemExit(main())
