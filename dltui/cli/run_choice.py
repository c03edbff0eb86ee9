"""Which runs a command is about: those that are named, or all that fit a filter."""

from collections.abc import Sequence
from typing import Annotated

import typer

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import filter as filters
from dltui.runs import run as runs
from dltui.runs.facts import RunFacts
from dltui.runs.filter import FilterError
from dltui.runs.known_runs import FEW, KnownRuns
from dltui.runs.run import Run

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="In place of RUN: all runs that fit, as `dltui runs FILTER` lists them. May be repeated; all must hold.",
    ),
]


def named(words: Sequence[str]) -> list[Run]:
    """Returns the runs that words name, each once. Raises DltuiError as runs.find, with --where for a filter."""
    found: dict[str, Run] = {}
    for word in words:
        try:
            run = runs.find(word)
        except DltuiError as error:
            if error.status is ExitStatus.NOT_FOUND and _is_condition(word):
                error.hint = f"All that fit this filter: --where '{word}'"
            raise
        found[run.id] = run
    return list(found.values())


def chosen(words: Sequence[str], where: Sequence[str] | None) -> list[Run]:
    """Returns the runs that are named, or those that fit.

    Raises DltuiError: (2) where there are both or neither, or the filter is none, (3) where there is no such run, or
    none fits.
    """
    if words and where is not None:
        raise DltuiError("RUN and --where are two choices.", "Give one of them.", ExitStatus.USAGE)
    if words:
        return named(words)
    if where is None:
        raise DltuiError("Which runs? Neither RUN nor --where is given.", "See: dltui runs", ExitStatus.USAGE)
    text = " ".join(where)
    if not (found := fitting(text)):
        raise DltuiError(f"No run fits: {text}", f"Try it: dltui runs '{text}'", ExitStatus.NOT_FOUND)
    return [facts.run for facts in found]


def fitting(text: str) -> list[RunFacts]:
    """Returns the runs that fit a filter, the newest first. Raises FilterError, and DltuiError (2) for an empty one: it
    would fit every run, and be the value of a variable that was never set."""
    if not text.strip():
        raise DltuiError("--where is empty.", "Example: --where status:failed", ExitStatus.USAGE)
    listed = runs.newest_first()
    known = KnownRuns() if len(listed) > FEW else None
    found = filtered([RunFacts(run, known) for run in listed], text)
    if known:
        known.keep(listed)
    return found


def filtered(found: list[RunFacts], text: str) -> list[RunFacts]:
    """Returns those that fit. Only the logs of those are opened whose names fit. Raises FilterError (2)."""
    wanted = filters.parse(text)
    found = [facts for facts in found if wanted.of_names.holds(facts)]
    if found and wanted.settings:
        wanted.check_settings(found, lambda: (key for facts in found for key in facts.keys_of_settings))
    if found and wanted.metrics:
        wanted = wanted.resolved({name for facts in found for name in facts.state.summary})
    return [facts for facts in found if wanted.holds(facts)]


def _is_condition(word: str) -> bool:
    try:
        return not all(isinstance(part, filters.Word) for part in filters.parse(word).parts)
    except FilterError:
        return ":" in word
