"""The pinned data sets of the Hugging Face hub: their rows as tables, and columns that are what they should be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pyarrow as pa

from dltui.engine.reading import hub_repository
from dltui.engine.reading.hub_requests import fault


class Source(NamedTuple):
    """A pinned data set: repository, configuration, the splits that are read, and a branch, a tag or a commit."""

    repo: str
    config: str
    splits: tuple[str, ...] = ("train", "test")
    revision: str = "main"


@contextmanager
def tables(source: Source, report: Callable[[str], None]) -> Iterator[tuple[dict[str, pa.Table], str]]:
    """Yields the rows of each split as they stand in the files, one at least, and the commit they are of.

    Raises DltuiError (4) within seconds where the hub is not to be reached, lacks the data set, breaks off, comes too
    slowly, or sends other than it promised.
    """
    with hub_repository.opened(source.repo, source.revision, report) as repository:
        builder = repository.builder(source.config)
        there = repository.splits(builder)
        for split in source.splits:
            if split not in there:
                raise fault(source.repo, f"expected the split {split}, found {', '.join(there) or 'none'}")
        repository.fetch([name for split in source.splits for name in there[split]])
        yield (
            {split: _joined(source.repo, split, repository.rows(builder, split)) for split in source.splits},
            repository.commit,
        )


def _joined(repo: str, split: str, rows: Iterator[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(rows)
    except pa.ArrowException:
        raise fault(repo, f"the files of {split} have different columns") from None


def texts(repo: str, rows: pa.Table, column: str) -> list[str]:
    """Returns a column of texts. Raises DltuiError (4) where it is not there, is of another type, or has gaps."""
    checked(repo, rows, column, "texts", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind))
    return rows[column].to_pylist()


def checked(repo: str, rows: pa.Table, column: str, wanted: str, fits: Callable[[pa.DataType], bool]) -> None:
    """Raises DltuiError (4) where a column is not there once, holds other than what is wanted, or has gaps."""
    if rows.column_names.count(column) != 1:
        raise fault(repo, f"expected a column {column}, found {', '.join(rows.column_names[:8]) or 'none'}")
    kind = rows.schema.field(column).type
    if not fits(kind) or rows[column].null_count:
        raise fault(repo, f"expected {wanted} in {column}, found {'gaps' if fits(kind) else str(kind)[:60]}")
