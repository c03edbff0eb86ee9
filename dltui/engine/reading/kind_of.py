"""What a path of the user's own may hold, by its name and what lies in it: the data kinds that read such files."""

from pathlib import Path

import pyarrow as pa

from dltui.engine.reading import masks, picture, sound_folder, table, walk
from dltui.engine.reading.dialect import INDEXES, LABELS
from dltui.engine.reading.npz import read_arrays
from dltui.engine.reading.numbers import are_texts, numbers_of
from dltui.engine.reading.table_files import tables_in
from dltui.engine.reading.time_columns import moments
from dltui.errors import DltuiError, ExitStatus
from dltui.regular_file import near_absent

Candidate = tuple[str, dict[str, object]]  # a data kind and options of it
TRANSLATION = ("sentences", {"targets": "translation"})
LABELLED = ("labelled_texts", {})
# in this order: the first that can read it; of a table that has two columns of words or more the second way
TABLES = (("bundled_table", {}), ("photographs", {}), ("series", {}), TRANSLATION, ("sentences", {}))
OF_WORDS = (("bundled_table", {}), ("photographs", {}), LABELLED, TRANSLATION, ("sentences", {}), ("series", {}))
OTHERS = {
    ".json": (("scenes", {}),), ".txt": (("text", {}), TRANSLATION, ("sentences", {})),
    ".conllu": (("sentences", {}),), ".conll": (("sentences", {}),),
}  # fmt: skip
LOOKED_AT = 2000  # files of a folder
WORDS = 3  # of a cell that is a sentence


def candidates(path: Path) -> tuple[Candidate, ...]:
    """Returns the data kinds that may read a path, the likeliest first. Raises DltuiError (4) where none does."""
    try:
        found = _of_folder(path) if path.is_dir() else _of_file(path)
    except (OSError, ValueError) as error:
        what = f"{path}: {getattr(error, 'strerror', None) or error}."
        raise DltuiError(what, "Mend the file, or write it again.", ExitStatus.DATA) from None
    if not found:
        known = "class folders of pictures, sounds or texts, images/ with masks/ or annotations.json, tables and texts"
        raise _wrong(f"{path}: expected {known}, found none of them.")
    return found


def _of_file(path: Path) -> tuple[Candidate, ...]:
    if not path.exists():
        what = f"{path}: expected a file or a folder, found nothing there."
        raise DltuiError(what, near_absent(path), ExitStatus.DATA)
    end = path.suffix.lower()
    if end == ".npz":
        arrays = read_arrays(path, table.MOST_BYTES)
        deep = any(array.ndim > 2 for name, array in arrays.items() if name.lower().startswith("x"))
        return TABLES[1:2] if deep else TABLES[:2]
    if end in table.SUFFIXES:
        return _of_table(path)
    return OTHERS.get(end, ())


def _of_table(path: Path) -> tuple[Candidate, ...]:
    try:
        found = table.columns(path)
    except DltuiError:  # of which the first tells, where it is no tagged text
        return TABLES
    names = [name.strip().lower() for name in found.column_names]
    features = [(name, column) for name, column in zip(names, found.columns, strict=True) if name not in LABELS]
    words = sum(numbers_of(column) is None and moments(column) is None for _, column in features)
    numbers = any(numbers_of(column) is not None for name, column in features if name not in INDEXES)
    if len(features) == len(names):
        return OF_WORDS if words > 1 else TABLES
    if numbers and words == 1 and any(map(_holds_sentences, found.columns)):
        return (*TABLES[:2], LABELLED)
    return TABLES[:2] if numbers and words < 2 else OF_WORDS  # a table of classes is no series and no translation


def _holds_sentences(column: pa.ChunkedArray) -> bool:
    """Whether most cells are texts of several words."""
    if not are_texts(column.type):
        return False
    cells = [len((cell or "").split()) >= WORDS for cell in column.to_pylist()]
    return 2 * sum(cells) > len(cells)


def _of_folder(folder: Path) -> tuple[Candidate, ...]:
    if masks.folders(folder):
        kinds = (("cells", {}), ("scene_masks", {}))
        return kinds[::-1] if masks.of_classes(folder) else kinds[:1]
    if masks.folders(folder, masks.TARGETS):
        return (("pages", {}),)
    if tables_in(folder, table.SUFFIXES)[0]:
        return TABLES
    if any(file.suffix.lower() == ".json" and not walk.is_passed_over(file.name) for file in folder.iterdir()):
        return (("scenes", {}),)
    files = walk.walk(folder, (*picture.SUFFIXES, *sound_folder.SUFFIXES)).files[:LOOKED_AT]
    sounds = sum(file.suffix.lower() in sound_folder.SUFFIXES for file in files)
    if not files:
        texts = any(walk.walk(inside, (".txt",)).files for inside in walk.subfolders(folder))
        return (LABELLED,) if texts else ()
    return (("sounds" if 2 * sounds > len(files) else "photographs", {}),)


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, "Name a recipe that takes such data: --recipe R", ExitStatus.DATA)
