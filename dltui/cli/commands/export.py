"""`dltui export`: what a run learned and measured, for other programs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import steps_used
from dltui.cli.words import AsJson, RunWord, Variant
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.runs import csv_export
from dltui.runs import run as runs

EXAMPLES = """
dltui export lenet-mnist --to onnx        # a net onnxruntime runs, checked against torch's answers
dltui export last --to safetensors --out weights/
dltui export last --to csv                # ID.csv: a row a step, a column a metric
dltui export last --to tensorboard && tensorboard --logdir .
"""


class Kind(StrEnum):
    onnx = "onnx"
    safetensors = "safetensors"
    csv = "csv"
    tensorboard = "tensorboard"


def command(
    context: typer.Context,
    word: RunWord,
    to: Annotated[Kind, typer.Option("--to", help="For which program.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write into; by default one named after the run.")] = None,
    variant: Variant = "",
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Nets as ONNX or safetensors, numbers as CSV or TensorBoard files. What was written stands on standard output."""
    env, run = context.obj, runs.find(word)
    if to is Kind.csv:
        found = [_csv(run, (out or Path()) / f"{run.id}.csv", force)]
    else:
        folder = out or Path(run.id)
        if not force and folder.is_dir() and any(folder.iterdir()):
            raise _there(folder)
        words = ["--to", to, "--out", str(folder), *(["--variant", variant] if variant else [])]
        answer = launch.ask("export", str(run.path), *words)
        found = answer["files"]
        steps_used.tell(env, run, [row for row in found if "step" in row], answer["notes"], as_json=as_json)
    if as_json:
        env.print_json(found)
        return
    for row in found:
        env.print(row["file"])
        env.tell(f"  {row['about']}")


def _csv(run: runs.Run, path: Path, force: bool) -> dict:
    if path.exists() and not force:
        raise _there(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DltuiError(f"{path.parent}: {error.strerror}.", "Choose another place: --out FOLDER") from None
    return {"file": str(path), "about": f"{csv_export.write(run, path):,} rows"}


def _there(path: Path) -> DltuiError:
    return DltuiError(f"{path} is already there.", "Write over it: --force; elsewhere: --out FOLDER", ExitStatus.USAGE)
