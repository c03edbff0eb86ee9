"""What the list of runs does to many of them at once; it may take its time: for a thread."""

from collections.abc import Iterable
from pathlib import Path

from dltui import export_csv
from dltui import run as runs
from dltui.errors import DltuiError
from dltui.run import Run


def removed(found: Iterable[Run]) -> tuple[list[Run], list[str]]:
    """Deletes runs; returns those that are gone, and in words why others are not."""
    gone, faults = [], []
    for run in found:
        try:
            runs.remove(run)
            gone.append(run)
        except DltuiError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{error.filename}: {error.strerror}.")
    return gone, faults


def exported(found: Iterable[Run], folder: Path) -> tuple[list[str], list[str]]:
    """Writes the scalars of runs as ID.csv into a folder; returns what was written, and what could not be, in words."""
    written, faults = [], []
    for run in found:
        path = folder / f"{run.id}.csv"
        try:
            written.append(f"{path.name} ({export_csv.write(run, path):,} rows)")
        except DltuiError as error:
            faults.append(str(error))
    return written, faults
