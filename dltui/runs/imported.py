"""A run made of another trainer's log: its curves open, compare and filter as those of any other run."""

import re
import shutil
from pathlib import Path

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files as recipe_files
from dltui.runs import annotations, events, foreign_logs, log_check, log_folders
from dltui.runs import run as runs
from dltui.runs.foreign_logs import Curves
from dltui.runs.run import Run

CHUNK = 1000  # points of an event
NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def make(path: Path, name: str = "") -> tuple[Run, Curves]:
    """Reads a log and makes a run of it; `name` stands in place of the file's. Returns both.

    Raises DltuiError: (3) where there is none, (4) where it cannot be read, (2) for a name that cannot name a run.
    """
    import tomli_w

    if name in recipe_files.files():
        what = f'--name {name}: a recipe is called so, and "{name}" means its newest run.'
        raise DltuiError(what, f"Such as: --name {name}-log", ExitStatus.USAGE)
    if problems := [*runs.begun_name_problems(name)] if name else []:
        raise DltuiError(problems[0], "Example: --name first-try", ExitStatus.USAGE)
    path = path.expanduser().absolute()
    curves = foreign_logs.read(path)
    last = max(points[0][-1] for of in curves.series.values() for points in of.values())
    info = {"imported": str(path), "steps": last}
    table = {"title": path.name} | ({"hparams": dict(curves.settings)} if curves.settings else {})
    stem = name or name_of(path)
    taken = stem in recipe_files.files() or annotations.reserved_problem(stem)  # else it could not be found by that
    run = runs.create(f"{stem}-log" if taken else stem, tomli_w.dumps(table), info)
    try:
        _write(run, curves, last)
    except OSError as error:
        shutil.rmtree(run.path, ignore_errors=True)  # half a run is none
        raise DltuiError(f"{run.path}: {error.strerror}.", "See: dltui doctor", ExitStatus.FAILED) from None
    return run, curves


def name_of(path: Path) -> str:
    """Returns what a run of a log is called: its file's name in small letters, digits and dashes; of one of Lightning's
    versions, its folders'."""
    if version := log_folders.name_of(path):
        return NOT_IN_NAMES.sub("-", version.lower()).strip("-")
    stem = path.stem if path.suffix and not path.is_dir() and ".tfevents." not in path.name else path.name
    if path.name.startswith(foreign_logs.EVENTS):
        stem = path.parent.name  # events.out.tfevents.1693.host says nothing
    return NOT_IN_NAMES.sub("-", stem.lower()).strip("-") or "log"


def _write(run: Run, curves: Curves, last: int) -> None:
    log = events.EventLog(run.log)
    summary = {}
    log.write("started", step=0, steps=last, series=list(curves.series), files=log_check.digests(run))
    for series, metrics in curves.series.items():
        for metric, (steps, values) in metrics.items():
            for start in range(0, len(steps), CHUNK):
                part = slice(start, start + CHUNK)
                log.write("scalars", series=series, step=steps[part], values={metric: values[part]})
            summary[f"{series}.{metric}" if series else metric] = values[-1]
    for text in curves.notes:
        log.write("note", level="info", text=text)
    log.write("finished", status="done", step=last, steps=last, summary=summary, expect=[], seconds=0.0)
    log.close()
