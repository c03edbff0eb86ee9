"""Any data set of the hub that the user names, `hf:OWNER/NAME`: fetched once, kept in the cache as files of one's own.

Its rows are laid out as the files that a data kind reads (hub_layouts/), with what was asked, the commit and what was
understood beside them in source.json. What is kept is used again without asking the hub.
"""

import hashlib
import importlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from dltui import paths
from dltui.atomic_write import replacing
from dltui.engine.reading import hub_kinds, hub_repository, hub_requests
from dltui.engine.reading.hub_columns import HubRows, columns_of
from dltui.engine.reading.hub_repository import Repository
from dltui.engine.reading.reading_options import Choice
from dltui.engine.reading.table_files import split_of
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.hub_name import HubName

TOLD, ROWS = "source.json", "rows"
LARGE = 500_000_000  # bytes of a download whose size is told before
MOST_FETCHED = 2_000_000_000  # bytes of a download; of more, data.take takes a part


class Kept(NamedTuple):
    """A data set as it is kept: `path` is what the data kind reads, `reading` how; notes: what was understood."""

    path: Path
    commit: str
    reading: dict[str, object]
    notes: tuple[str, ...]
    rows: dict[str, int]  # of each split; {} of files in folders


class Wanted(NamedTuple):
    """For which data kind: its READS, its GIVES, and its own options."""

    reads: str
    gives: tuple[str, ...]
    options: dict[str, object]


def kept(name: HubName, wanted: Wanted, choice: Choice, report: Callable[[str], None], *, again: bool = False) -> Kept:
    """Returns where the rows of a data set lie, fetched where they are not there. Raises DltuiError (4).

    again: whether the hub is asked for a newer commit than what is kept.
    """
    asked = _asked(name, wanted, choice)
    folder = folder_of(name) / hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]
    there = _read(folder)
    if there is not None and not again:
        return there
    with hub_repository.opened(name.repo, name.revision, report) as repository:
        if there is not None and there.commit == repository.commit:
            return there
        made = repository.folder / "kept"
        (made / ROWS).mkdir(parents=True)
        told = _laid_out(repository, name, wanted, choice, made / ROWS)
        return _moved(made, folder, {"asked": asked, "commit": repository.commit, **told})


def described(name: HubName, choice: Choice, report: Callable[[str], None]) -> dict:
    """Returns what the hub says of a data set, of whose rows a few are fetched at most: {"name", "commit", "config",
    "made_of", "splits": {name: {"files", "bytes", "rows"}}, "columns": {name: words} or {}, "kinds": those that may
    read it, [[kind, options]]}. rows: None where the card does not say. Raises DltuiError (4).
    """
    with hub_repository.opened(name.repo, name.revision, report) as repository:
        builder = repository.builder(choice.config or name.config)
        promised = builder.info.splits or {}
        splits = {
            split: {
                "files": len(files), "bytes": repository.size(files),
                "rows": promised[split].num_examples if split in promised else None,
            }
            for split, files in repository.splits(builder).items()
        }  # fmt: skip
        features = repository.features(builder)
        columns = columns_of(features) if features else ()
        return {
            "name": str(name), "commit": repository.commit, "config": builder.config.name, "splits": splits,
            "columns": {column.name: column.words for column in columns},
            "kinds": [list(one) for one in hub_kinds.candidates(columns, repository.made_of(builder))],
        }  # fmt: skip


def kinds_for(found: dict) -> list[hub_kinds.Candidate]:
    """Returns the data kinds that may read a set that is `described`. Raises DltuiError (4) where none does."""
    if not found["kinds"]:
        columns = ", ".join(f"{name} ({words})" for name, words in found["columns"].items())
        what = f"{found['name']}: no data kind reads such rows. Its columns: {columns or 'not known'}."
        raise DltuiError(what, "Name a recipe that takes them: --recipe R", ExitStatus.DATA)
    return [(kind, dict(options)) for kind, options in found["kinds"]]


def folder_of(name: HubName) -> Path:
    """Returns the folder of the cache that holds a data set, in a folder for each way in which it was asked."""
    return paths.datasets() / "hf" / name.repo.replace("/", "--")


def _asked(name: HubName, wanted: Wanted, choice: Choice) -> dict:
    """What decides about the files that are kept."""
    asked = {"repo": name.repo, "revision": name.revision, **choice._asdict(), "config": choice.config or name.config}
    return {**asked, "reads": wanted.reads, "pictures": "pictures" in wanted.gives,
            "targets": wanted.options.get("targets", "")}  # fmt: skip


def _read(folder: Path) -> Kept | None:
    try:
        told = json.loads((folder / TOLD).read_bytes())
        found = _kept(folder, told)
        return found if found.path.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _laid_out(repository: Repository, name: HubName, wanted: Wanted, choice: Choice, folder: Path) -> dict:
    """Writes the rows as files; returns what source.json tells of them."""
    builder = repository.builder(choice.config or name.config)
    chosen, notes = _chosen(repository, repository.splits(builder), choice)
    if repository.is_of_folders(builder):
        _check_folders(repository, choice)
    _check_size(repository, builder, chosen.values(), choice)
    if repository.is_of_folders(builder):
        every = [file for split in chosen.values() for file in repository.splits(builder)[split]]
        found = _files(repository, every, folder)
        return {"path": found, "reading": {}, "notes": notes, "files": len(every)}
    tables = {as_: _joined(repository, split, builder, choice.take) for as_, split in chosen.items()}
    features = _features(next(iter(tables.values())))
    rows = HubRows(
        str(name), columns_of(features), tables, choice.input, choice.label, wanted.options, wanted.gives
    )  # fmt: skip
    layout = importlib.import_module(f"dltui.engine.reading.hub_layouts.{wanted.reads}")
    try:
        written = layout.write(rows, folder)
    except OSError as error:
        raise hub_requests.fault(name.repo, f"{folder} cannot be written: {error.strerror}") from None
    return {
        "path": str(written.path.relative_to(folder)), "reading": dict(written.reading),
        "notes": [*notes, *written.notes], "rows": {split or "": table.num_rows for split, table in tables.items()},
        "columns": {column.name: column.words for column in rows.columns},
    }  # fmt: skip


def _chosen(repository: Repository, there: dict[str, list[str]], choice: Choice) -> tuple[dict[str, str], list[str]]:
    """{train, test, validation: the split of the hub that is read as such}, {"": split} for one; and what is told."""
    if choice.split:
        if choice.split not in there:
            raise DltuiError(
                f"{repository.repo}: data.split: there is no {choice.split!r}.",
                f"Valid: {', '.join(there)}.",
                ExitStatus.DATA,
            )
        return {"": choice.split}, []
    named: dict[str, str] = {}
    for split in there:
        if as_ := split_of(split):
            named.setdefault(as_, split)
    if "train" not in named:
        if len(there) == 1:
            return {"": next(iter(there))}, []
        what = f"{repository.repo}: it has {len(there)} splits, none of which is called train: {', '.join(there)}."
        raise DltuiError(what, f"Say which is read: data.split={next(iter(there), 'NAME')}", ExitStatus.DATA)
    if "test" not in named and "validation" in named:
        return {"train": named["train"], "test": named["validation"]}, [
            f"the test is {named['validation']}: there is no other"
        ]
    if "test" not in named:
        return {"": named["train"]}, []
    return {as_: named[as_] for as_ in ("train", "test", "validation") if as_ in named}, []


def _check_folders(repository: Repository, choice: Choice) -> None:
    """Raises DltuiError (4) for what is said of columns and rows, where there are only files in folders."""
    given = [name for name in ("input", "label", "take") if getattr(choice, name)]
    if given:
        what = f"{repository.repo}: data.{given[0]} speaks of rows; this data set is made of files in folders."
        raise DltuiError(what, f"Leave data.{given[0]} out; data.split= reads one split.", ExitStatus.DATA)


def _check_size(repository: Repository, builder, splits: Iterable[str], choice: Choice) -> None:
    """Tells the size and rows of a large download before it begins. Raises DltuiError (4) where it is too large."""
    files = [file for split in splits for file in repository.splits(builder)[split]]
    size = repository.size(files)
    if size <= LARGE:
        return
    promised = [(builder.info.splits or {}).get(split) for split in splits]
    rows = f"{sum(one.num_examples for one in promised):,} rows, " if all(promised) else ""
    words = f"{rows}{size / 1e9:.1f} GB in {len(files):,} file{'s' if len(files) > 1 else ''}"
    if size > MOST_FETCHED and not choice.take:
        what = f"{repository.repo}: it has {words}; at most {MOST_FETCHED / 1e9:g} GB are read at once."
        raise DltuiError(what, "Take the first rows: data.take=10000", ExitStatus.DATA)
    repository.report(f"{repository.repo} has {words}: fetching {'some of ' if choice.take else ''}it")


def _joined(repository: Repository, split: str, builder, take: int) -> pa.Table:
    tables = list(repository.rows(builder, split, take))
    try:
        return pa.concat_tables(tables, promote_options="default").replace_schema_metadata(tables[0].schema.metadata)
    except (pa.ArrowException, IndexError):
        raise hub_requests.fault(repository.repo, f"the files of {split} have different columns, or no rows") from None


def _features(table: pa.Table):
    import datasets

    return datasets.Features.from_arrow_schema(table.schema)


def _files(repository: Repository, names: list[str], folder: Path) -> str:
    """Copies files of pictures or sounds in folders, archives unpacked; returns the path inside that holds them."""
    repository.fetch(names)
    try:
        for name in names:
            at = repository.files / name
            if at.suffix == ".zip":
                hub_repository.unpacked(at, folder / Path(name).with_suffix(""))
            else:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(at, folder / name)
    except ValueError as error:
        raise hub_requests.fault(repository.repo, str(error)) from None
    except OSError as error:
        raise hub_requests.fault(repository.repo, f"{folder} cannot be written: {error.strerror}") from None
    return "."


def _moved(made: Path, folder: Path, told: dict) -> Kept:
    """Puts what was laid out in its place, whole or not at all; what was there before goes."""
    try:
        with replacing(made / TOLD, synced=True) as file:
            file.write(json.dumps(told, ensure_ascii=False, indent=1).encode())
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(made.parent / "before")  # deleted with the private folder
        made.rename(folder)
    except OSError as error:
        raise hub_requests.fault(told["asked"]["repo"], f"{folder} cannot be written: {error.strerror}") from None
    return _kept(folder, told)


def _kept(folder: Path, told: dict) -> Kept:
    path = folder / ROWS / told["path"]
    return Kept(path, told["commit"], told["reading"], tuple(told["notes"]), told.get("rows", {}))
