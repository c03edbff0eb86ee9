"""What the keys of the list do to runs: copy, go on, export, delete; to many of them in a thread."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from textual.message import Message
from textual.screen import Screen

from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.render.cells import cell_width, shown
from dltui.runs import csv_export, repeat_command
from dltui.runs import run as runs
from dltui.runs.run import Run
from dltui.tui.messages import Severity, Told

MORE = ", ..."
NO_CHECKPOINT = "It ended before its first checkpoint: there is nothing to go on from. Run its recipe again."


class RunsDeleted(Message):
    """These runs are gone; `faults` tells in words why others are not."""

    def __init__(self, deleted: list[Run], faults: list[str]):
        super().__init__()
        self.deleted, self.faults = deleted, faults


class RunChores:
    """Tells in a corner of its screen what came of what it did."""

    def __init__(self, screen: Screen):
        self._screen = screen

    def copy(self, run: Run) -> None:
        """Copies the command that repeats a run."""
        command = repeat_command.command(run)
        self._screen.app.copy_to_clipboard(command)
        self._tell(f"Copied: {command}")

    def go_on(self, run: Run) -> bool:
        """Resumes a run from its last checkpoint; returns whether it could be."""
        if runs.state(run).status not in ("done", *runs.LIVE) and not run.has_checkpoint:
            self._tell(NO_CHECKPOINT, "warning")
            return False
        try:
            self._screen.app.engines.append(launch.resume(run))
        except (DltuiError, OSError) as error:
            self._tell(str(error), "warning")
            return False
        return True

    def export(self, found: list[Run]) -> None:
        """Writes the numbers of runs into the current folder."""
        self._screen.run_worker(partial(self._export, found, Path.cwd()), thread=True, group="export")

    def _export(self, found: list[Run], folder: Path) -> None:
        written, faults = exported(found, folder)
        for fault in faults:
            self._tell(fault, "error")
        if written:
            more = f" and {len(written) - 3} more" if len(written) > 3 else ""
            self._tell(f"Written into {folder}: {', '.join(written[:3])}{more}")

    def delete(self, found: list[Run]) -> None:
        """Deletes runs; the screen is told of it by RunsDeleted."""
        self._screen.run_worker(partial(self._delete, found), thread=True, group="delete")

    def _delete(self, found: list[Run]) -> None:
        self._screen.post_message(RunsDeleted(*removed(found)))

    def _tell(self, text: str, severity: Severity = "information") -> None:
        self._screen.post_message(Told(text, severity))


def deletion(found: Sequence[Run], hidden: int, width: int, *, pinned: int = 0) -> str:
    """Returns the question whether runs are to be deleted: which, as many as have room in `width` cells, how many.

    hidden: how many of them the filter hides. pinned: how many are pinned.
    """
    if len(found) == 1:
        facts = [text for text, true in (("which is pinned", pinned), ("which the filter hides", hidden)) if true]
        about = f", {', '.join(facts)}," if facts else ""
        return f"Delete {shown(found[0].id)}{about} for good?   x: delete"
    counts = ((pinned, "pinned"), (hidden, "that the filter hides"))
    about = ", ".join(f"{count} {what}" for count, what in counts if count)
    head = f"Delete {len(found)} runs{f' ({about})' if about else ''} for good"
    asked = "?   x: delete"
    names = ""
    for run in found:
        stem, _, number = shown(run.id).rpartition("-")
        name = f"{', ' if names else ': '}{stem.rsplit('-', 2)[0]} {number}"
        if cell_width(head + names + name + MORE + asked) > width:
            return head + (names + MORE if names else "") + asked
        names += name
    return head + names + asked


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
            rows, unreadable = csv_export.write(run, path)
            beside = f"; lines of the log that could not be read: {unreadable:,}" if unreadable else ""
            written.append(f"{path.name} ({rows:,} rows{beside})")
        except DltuiError as error:
            faults.append(str(error))
    return written, faults
