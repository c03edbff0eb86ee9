"""`dltui runs rm`: deletes runs that are named, or those that fit a filter or are old, once the user has said yes."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import typer

from dltui.cli import complete, run_choice
from dltui.cli.columns import aligned
from dltui.cli.commands.data import size_in_words
from dltui.cli.run_choice import Where
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import annotations, duration
from dltui.runs import run as runs
from dltui.runs.facts import begun
from dltui.runs.run import Run

SHOWN = 20  # runs that are listed before the question
BLOCK = 512  # bytes, in which the system counts what a file takes


class Deletion(NamedTuple):
    """What is to be deleted. kept: in words, what fits and stays."""

    found: list[Run]
    kept: list[str]


def remove(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="Runs to delete.", autocompletion=complete.runs)
    ] = None,
    where: Where = None,
    older: Annotated[
        str | None, typer.Option(metavar="TIME", help="Those made longer ago: 12h, 30d, 8w; m stands for minutes.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete runs: logs, pictures and checkpoints. A run that is running stays.

    With --where or --older it lists them, says what that frees, and asks first. Pinned runs stay then: they are deleted
    only where they are named as RUN.
    """
    env, by_name = context.obj, where is None and older is None
    if words and not by_name:
        raise DltuiError("RUN cannot stand beside --where or --older.", "Give one of them.", ExitStatus.USAGE)
    asked = Deletion(_named(words or []), []) if by_name else _fitting(where, older)
    for text in asked.kept:
        env.tell(text)
    if dry_run or not by_name:
        _tell_of(asked.found, env.table_width, env.print if dry_run else env.tell)
    if dry_run or not (by_name or (asked.found and _agreed(env, asked.found, yes=yes))):
        return
    for run in asked.found:
        _delete(env, run, by_name=by_name)


def _delete(env, run: Run, *, by_name: bool) -> None:
    """Deletes a run. One that was pinned or resumed while the user was asked stays."""
    pinned = run.annotations.pinned
    if pinned and not by_name:
        env.tell(f"{run.id} is pinned: it stays.")
        return
    try:
        runs.remove(run)
    except DltuiError as error:
        if by_name:
            raise
        env.tell(f"{error.message} It stays.")
        return
    env.tell(f"deleted {run.id}{' (it was pinned)' if pinned else ''}")


def _named(words: Sequence[str]) -> list[Run]:
    if not words:
        hint = "Name them, or choose them by --where FILTER or --older 30d."
        raise DltuiError("Which runs? None is named.", hint, ExitStatus.USAGE)
    found = run_choice.named(words)
    if running := [run.id for run in found if runs.engine_pid(run) is not None]:
        message = f"{', '.join(running)}: running; nothing was deleted."
        raise DltuiError(message, f"Stop it first: dltui stop {running[0]}", ExitStatus.USAGE)
    return found


def _fitting(where: Sequence[str] | None, older: str | None) -> Deletion:
    """Those that fit and are so old, without the pinned and the running ones, which are told of."""
    least = duration.parse(older, "--older") if older is not None else 0.0
    listed = runs.newest_first() if where is None else [facts.run for facts in run_choice.fitting(" ".join(where))]
    now = time.time()
    found = [run for run in listed if now - begun(run) >= least]
    if not found:
        wanted = " ".join(filter(None, [*(where or ()), f"older than {duration.in_words(older)}" if older else ""]))
        return Deletion([], [f"No run fits: {wanted}"])
    live = [run for run in found if runs.engine_pid(run) is not None]
    unsure = [run for run in found if run not in live and annotations.stamp(run.path)]
    broken = [run for run in unsure if run.annotations.problem]
    pinned = [run for run in unsure if run.annotations.pinned]
    kept = [
        *(f"{run.id} is running: it stays." for run in live),
        *(f"{run.id} is pinned: it stays. To delete it all the same: dltui runs rm {run.id}" for run in pinned),
        *(f"{run.annotations.problem} Whether it is pinned cannot be told: the run stays." for run in broken),
    ]
    stay = {*live, *pinned, *broken}
    return Deletion([run for run in found if run not in stay], kept)


def _tell_of(found: Sequence[Run], width: int | None, tell: Callable[[str], None]) -> None:
    """Lists runs with their age and what deleting them frees."""
    from dltui.render.run_cells import age

    now = time.time()
    sizes = {run: size(run) for run in found}
    rows = [(run.id, f"{age(now - begun(run))} old", size_in_words(sizes[run])) for run in found[:SHOWN]]
    for line in aligned(rows, width, right=(1, 2), whole=(0,)) if rows else ():
        tell(line)
    if len(found) > SHOWN:
        tell(f"and {len(found) - SHOWN:,} more")
    count = f"{len(found):,} run{'s' if len(found) != 1 else ''}"
    freed = size_in_words(sum(sizes.values())) or "0 B"
    tell(f"{count}; deleting {'it' if len(found) == 1 else 'them'} frees {freed}" if found else "No run is deleted.")


def size(run: Run) -> int:
    """Returns the bytes of the disk that deleting a run frees: those of its files, as far as nobody else holds them."""
    found = 0
    for folder, _, names in os.walk(run.path):
        for name in names:
            try:
                at = os.lstat(f"{folder}/{name}")
            except OSError:  # it has just gone
                continue
            found += at.st_blocks * BLOCK if at.st_nlink == 1 else 0
    return found


def _agreed(env, found: Sequence[Run], *, yes: bool) -> bool:
    """Whether the user says yes. Raises DltuiError (2) where there is nobody to ask."""
    if yes:
        return True
    if not (env.stdin.isatty() and env.stderr.isatty()):
        what = "Nobody can be asked here, as this is no terminal; nothing was deleted."
        raise DltuiError(what, "With --yes they are deleted; with --dry-run they are only listed.", ExitStatus.USAGE)
    env.stderr.write(f"Delete {'it' if len(found) == 1 else f'these {len(found):,}'} for good? [y/N] ")
    env.stderr.flush()
    if env.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    env.tell("Nothing was deleted.")
    return False
