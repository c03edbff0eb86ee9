"""Which of its sources a data set is taken from: the hub, what is built in, the user's own path, or any set of the hub
that the user names."""

from collections.abc import Callable
from pathlib import Path

from dltui.engine.contracts import contract_checks, kinds
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.reading import any_table, hub_sets
from dltui.engine.reading.reading_options import FOLDERS, HUB, Reading, build, of_hub_only, options
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import hub_name, schema
from dltui.recipes.recipe import Section

NAMES = {"hub": "from the hub", "builtin": "built in", "path": "from a path of your own"}


def load(section: Section, source: str, report: Callable[[str], None], takes: tuple[str, ...] = ()) -> Dataset:
    """Returns the data set of `[data]`.

    takes: what rows of the user's own the recipe's subject does with beside those of the kind (schema.Component).
    source: hub, builtin, a path, hf:OWNER/NAME, or auto: the hub's copy where it is in the cache or the hub answers,
        else what is built in, with a note that says why.
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
    kinds.require(kind, sources, module, "contracts/dataset")
    if source == "auto":
        return contract_checks.checked_dataset(_auto(kind, sources, report), module)
    named = hub_name.is_hub_name(source)
    name = source if source in ("hub", "builtin") else "path"
    hub_only = [option for option in how if option in of_hub_only(reads) and option not in own]
    if name == "path" and not named and (unused := hub_only):
        what = f"data.{unused[0]} says what is read of a data set of the hub; the rows come {NAMES['path']}."
        raise DltuiError(what, "Name it: --data hf:OWNER/NAME", ExitStatus.USAGE)
    if name not in sources:
        raise DltuiError(
            f'data "{section.kind}" is not to be had {NAMES[name]}.',
            f"Valid: {', '.join(other if other != 'path' else 'a path' for other in sources)}.",
            ExitStatus.DATA,
        )
    if named:
        data = _of_hub(kind, module, section, hub_name.parse(source), report)
    elif name == "hub":
        data = kind.hub(report)
    elif name == "builtin":
        data = kind.builtin()
    else:
        data = _of_table(module, Path(source), how, report, takes) or _of_path(kind, reads, Path(source), how, report)
    return contract_checks.checked_dataset(data, module)


def _of_table(
    module, path: Path, how: dict[str, object], report: Callable[[str], None], takes: tuple[str, ...]
) -> Dataset | None:
    """A table of any numbers, where those will do and that is what lies there."""
    reading = build(**how)[0]._replace(unlabelled="unlabelled" in takes)
    return any_table.read(path, report, reading) if _is_table(module, path, reading, takes) else None


def _is_table(module, path: Path, reading: Reading, takes: tuple[str, ...]) -> bool:
    return "table" in takes and any_table.is_table(path, reading, pictures="pictures" in module.GIVES)


def said_of(section: Section, source: str, takes: tuple[str, ...]) -> dict[str, object]:
    """Returns those of the options of `[data]` that bear on what is read of a path: of a table of any numbers only how
    it is read."""
    module = kinds.module("data", section.kind)
    how = options(getattr(module, "READS", ""), section.options)
    table = not hub_name.is_hub_name(source) and _is_table(module, Path(source), build(**how)[0], takes)
    return how if table else section.options


def _of_path(kind, reads: str, path: Path, how: dict[str, object], report: Callable[[str], None]) -> Dataset:
    if not reads or reads in FOLDERS:
        return kind.path(path, report)
    return kind.path(path, report, build(**how)[0])


def _of_hub(kind, module, section: Section, name: hub_name.HubName, report: Callable[[str], None]) -> Dataset:
    """The rows of a data set of the hub, which lie in the cache as files that the kind reads."""
    reads = getattr(module, "READS", "")
    if not reads:
        what = f'data "{section.kind}" reads no data set of the hub that is named.'
        raise DltuiError(what, f"Valid: {', '.join(module.SOURCES)}.", ExitStatus.DATA)
    how = options(reads, section.options)
    wanted = hub_sets.Wanted(reads, module.GIVES, dict(section.options))
    kept = hub_sets.kept(name, wanted, build(**how)[1], report)
    how = {key: value for key, value in {**how, **kept.reading}.items() if key not in HUB}
    told = f"{name} (commit {kept.commit[:7]})"
    try:
        data = _of_path(kind, reads, kept.path, how, lambda text: report(_without(text, kept.path, str(name))))
    except DltuiError as error:
        raise DltuiError(_without(error.message, kept.path, str(name)), error.hint, error.status) from None
    notes = (_without(note, kept.path, str(name)) for note in data.notes)
    detail = _without(data.detail, kept.path, told)
    return data._replace(source="hf", detail=detail, notes=(*kept.notes, *notes), commit=kept.commit)


def _without(text: str, path: Path, name: str) -> str:
    """A message that names the data set, and not where it lies in the cache."""
    return text.replace(f"{path}/", f"{name} ").replace(str(path), name)


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
    if not isinstance(data, Dataset):  # of a kind of the user's own: told by whoever asks for it
        return data
    note = f"{reason}; training on {data.detail} instead"
    return data._replace(detail=f"{data.detail} ({reason})", notes=(note, *data.notes))
