"""`dltui export`: what a run learned and measured, for other programs."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import trained_run
from dltui.cli.environment import Environment
from dltui.cli.follow import unreadable
from dltui.cli.words import AsJson, ReadWord
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer
from dltui.runs import csv_export, exported
from dltui.runs import run as runs

EXAMPLES = """
dltui export lenet-mnist --to torch       # weights, and net.py, which needs torch and no dltui
dltui export mlp-moons --to hf --variant net    # the same and a model card: a repository for the Hugging Face hub
dltui export lenet-mnist --to onnx        # a net onnxruntime runs, checked against torch's answers
dltui export last --to safetensors --out weights/
dltui export last --to csv                # ID.csv: a row a step, a column a metric
dltui export last --to tensorboard && tensorboard --logdir .
"""


UPLOAD = """\
{card} says no license: add yours to its head, such as license: mit.
Then, after hf auth login: hf upload YOUR-NAME/{name} {place}"""


class Kind(StrEnum):
    torch = "torch"
    hf = "hf"
    onnx = "onnx"
    safetensors = "safetensors"
    csv = "csv"
    tensorboard = "tensorboard"


def command(
    context: typer.Context,
    word: ReadWord,
    to: Annotated[Kind, typer.Option("--to", help="For which program.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write into; by default one named after the run.")] = None,
    variant: Annotated[
        str, typer.Option(help="One variant of the run; all where none is named, and for hf one must be.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that are not of an export of this run too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Nets as plain torch, for the Hugging Face hub, as ONNX or safetensors; numbers as CSV or TensorBoard files.

    What was written stands on standard output. torch: model.safetensors, config.json and net.py, which makes the
    net again and asks it; a variant is a folder. hf: the same and README.md, a model card; nothing is sent. onnx: the
    nets of all our models, of a detector without sorting out boxes, rows of words at their length; of your own those
    that torch can trace.

    What an export of this run wrote before is written over; what else is there is left alone.
    """
    env, run = context.obj, runs.find_to_read(word)
    place = (out or Path()) / f"{run.id}.csv" if to is Kind.csv else out or Path(run.id)
    target = exported.Place(run, place)
    if not force and (other := target.foreign):
        raise DltuiError(f"{other} is there already, and no export of {run.id} wrote it as it is.",
                         "Write over it: --force; elsewhere: --out FOLDER", ExitStatus.USAGE)  # fmt: skip
    if to is Kind.csv:
        found = [_csv(env, run, place)]
    else:
        words = ["--to", to, "--out", str(place), *(["--variant", variant] if variant else [])]
        answer = engine_answer.ask("export", str(run.path), *words)
        found = answer["files"]
        trained_run.tell(
            env, run, [row for row in found if "step" in row], answer["notes"], variant=variant, as_json=as_json
        )
    target.written(Path(row["file"]) for row in found)
    if target.ours:
        env.tell(f"{place}: an earlier export of {run.id} was there; what has the same name was written over.")
    if as_json:
        env.print_json(found)
        return
    for row in found:
        env.print(row["file"])
        env.tell(f"  {row['about']}")
    if to is Kind.hf:
        env.tell(UPLOAD.format(card=place / "README.md", name=run.recipe_name, place=shlex.quote(str(place))))


def _csv(env: Environment, run: runs.Run, path: Path) -> dict:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DltuiError(f"{path.parent}: {error.strerror}.", "Choose another place: --out FOLDER") from None
    written = csv_export.write(run, path)
    if written.unreadable:
        env.tell(f"{run.id}: {unreadable(written.unreadable)}")
    return {"file": str(path), "about": f"{written.rows:,} rows"}
