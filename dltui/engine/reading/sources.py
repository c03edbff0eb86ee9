"""Which of its sources a data set is taken from: the hub, what is built in, or the user's own path."""

from collections.abc import Callable
from pathlib import Path

from dltui.engine.contracts import kinds
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.reading.reading_options import build, options
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema
from dltui.recipes.recipe import Section

NAMES = {"hub": "from the hub", "builtin": "built in", "path": "from a path of your own"}


def load(section: Section, source: str, report: Callable[[str], None]) -> Dataset:
    """Returns the data set of `[data]`.

    source: hub, builtin, a path, or auto: the hub's copy where it is in the cache or the hub answers, else what is
        built in, with a note that says why.
    report: is told the progress, in words.
    Raises DltuiError (4), and (2) for an option that says how a file is read where there is none.
    """
    module = kinds.module("data", section.kind)
    sources, reads = module.SOURCES, getattr(module, "READS", "")
    how = options(reads, section.options)  # files of the user's own are read
    own = schema.own_options("data", section.kind)
    kind = kinds.built("data", Section(section.kind, {k: v for k, v in section.options.items() if k in own}))
    if source in ("auto", "hub", "builtin") and (unused := [name for name in how if name not in own]):
        raise DltuiError(
            f"data.{unused[0]} says how a file of your own is read; the rows come {NAMES.get(source, 'from the hub')}.",
            "Name the file: --data PATH",
            ExitStatus.USAGE,
        )
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
    if name == "builtin":
        return kind.builtin()
    return kind.path(Path(source), report, build(**how)) if reads else kind.path(Path(source), report)


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
