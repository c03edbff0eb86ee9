"""`dltui import`: logs of other trainers as runs."""

from pathlib import Path
from typing import Annotated

import typer

from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import imported, log_folders

EXAMPLES = """
dltui import lightning_logs/version_0/metrics.csv
dltui import lightning_logs && dltui runs 'hparams.lr > 0.001'    # a run of each version
dltui import results.csv --name yolo-s && dltui compare yolo-s yolo
dltui import runs/tensorboard trainer_state.json
"""


def command(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="CSV, JSON Lines, trainer_state.json, TensorBoard event files; a folder of them, or of Lightning's.",
        ),
    ],
    name: Annotated[str, typer.Option(help="The run's name, in place of the file's.")] = "",
    as_json: AsJson = False,
) -> ExitStatus:
    """Make a run of each log, to see, compare and filter its curves here. It has no weights; the log stays as it is."""
    env, worst = context.obj, ExitStatus.OK
    files = [log for file in files for log in log_folders.logs_in(file.expanduser())]
    if name and len(files) > 1:
        raise DltuiError("--name is for one log.", "Import the others by themselves.", ExitStatus.USAGE)
    for file in files:
        try:
            run, curves = imported.make(file, name)
        except DltuiError as error:
            env.tell(str(error))
            worst = max(worst, error.status)
            continue
        metrics = sum(map(len, curves.series.values()))
        if as_json:
            env.print_json({"id": run.id, "path": str(run.path), "metrics": metrics, "notes": list(curves.notes)})
            continue
        env.print(run.id)
        curve = "curve" if metrics == 1 else "curves"
        env.tell(f"{metrics} {curve} of {file}. See them: dltui replay {run.id}")
        for note in curves.notes:
            env.tell(f"  {note}")
    return worst
