"""Files of text at a path of the user's own: one, or those of each split in a folder."""

from collections.abc import Sequence
from pathlib import Path

from dltui.engine.reading.table_files import tables_in
from dltui.errors import DltuiError, ExitStatus

SplitFiles = dict[str, list[Path]]


def split_files(path: Path, suffixes: Sequence[str], hint: str) -> tuple[SplitFiles, tuple[str, ...]]:
    """Returns {"": [path]} of a file; of a folder {"train": files, "test": files, "validation": files}, as they are
    named, or {"": files} of one that has no test; and words on what was taken for what.

    Raises DltuiError (4) where a folder holds no such files.
    """
    path = path.expanduser()
    if not path.is_dir():
        return {"": [path]}, ()
    files, notes = tables_in(path, suffixes)
    if not files:
        what = f"{path}: expected {' '.join(suffixes)} files named train and test in the folder, found none."
        raise DltuiError(what, hint, ExitStatus.DATA)
    return files, notes
