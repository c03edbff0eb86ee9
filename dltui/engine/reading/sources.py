"""Which of its sources a data set is taken from: the hub, what is built in, or the user's own path."""

from collections.abc import Callable
from pathlib import Path

from dltui.engine.contracts import kinds
from dltui.engine.contracts.dataset import Dataset
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Section

NAMES = {"hub": "from the hub", "builtin": "built in", "path": "from a path of your own"}


def load(section: Section, source: str, report: Callable[[str], None]) -> Dataset:
    """Returns the data set of `[data]`.

    source: hub, builtin, a path, or auto: the hub's copy where it is in the cache or the hub answers, else what is
        built in, with a note that says why.
    report: is told the progress, in words.
    Raises DltuiError (4).
    """
    kind = kinds.built("data", section)
    sources = kinds.module("data", section.kind).SOURCES
    if source == "auto":
        return _auto(kind, sources, report)
    name = source if source in ("hub", "builtin") else "path"
    if name not in sources:
        raise DltuiError(
            f'data "{section.kind}" is not to be had {NAMES[name]}.',
            f"Valid: {', '.join(other if other != 'path' else 'a path' for other in sources)}.",
            ExitStatus.DATA,
        )
    if name == "hub":
        return kind.hub(report)
    return kind.builtin() if name == "builtin" else kind.path(Path(source), report)


def _auto(kind, sources: tuple[str, ...], report: Callable[[str], None]) -> Dataset:
    if "hub" not in sources:
        return kind.builtin()
    try:
        return kind.hub(report)
    except DltuiError as error:
        if error.status != ExitStatus.DATA:
            raise
        reason = error.message.rstrip(".")
    data = kind.builtin()
    note = f"{reason}; training on {data.detail} instead"
    return data._replace(detail=f"{data.detail} ({reason})", notes=(note, *data.notes))
