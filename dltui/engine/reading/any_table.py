"""A table of the user's own for what works on rows of any numbers, whatever data its recipe names: a clustering, an
embedding, a selection of features."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.reading import own, table
from dltui.engine.reading.label_column import listed
from dltui.engine.reading.pixels import LEAST_SIDE
from dltui.engine.reading.reading_options import Reading
from dltui.engine.reading.table_files import tables_in
from dltui.errors import DltuiError

CHANNELS = (1, 3)


def is_table(path: Path, reading: Reading, pictures: bool) -> bool:
    """Returns whether rows of numbers lie there.

    pictures: whether the recipe's own data are pictures: then what may be pixels is none.
    Raises DltuiError (4) where the folder cannot be read.
    """
    path = path.expanduser()
    if path.is_dir():
        files = [file for of in tables_in(path, table.SUFFIXES)[0].values() for file in of]
    else:
        files = [path] if path.is_file() and path.suffix.lower() in table.SUFFIXES else []
    return bool(files) and not (pictures and _may_be_pixels(files[0], reading))


def _may_be_pixels(path: Path, reading: Reading) -> bool:
    """Whether a file holds pictures, or rows of as many numbers as a square picture has, of a scale that pixels have.

    Who finds it out of a file that cannot be read as numbers says what is wrong with it.
    """
    try:
        inputs = next(iter(table.read(path, table.Numbers(), reading).values())).inputs
    except DltuiError:
        return True
    if inputs.ndim > 2:
        return True
    sides = [round((inputs.shape[1] / channels) ** 0.5) for channels in CHANNELS]
    square = any(
        side >= LEAST_SIDE and channels * side**2 == inputs.shape[1]
        for side, channels in zip(sides, CHANNELS, strict=True)
    )
    whole = inputs.size and (inputs == np.round(inputs)).all()
    return square and inputs.min() >= 0 and bool(whole or inputs.max() <= 1)


def read(path: Path, report: Callable[[str], None], reading: Reading) -> Dataset:
    """Returns the table, standardised, its columns named. Raises DltuiError (4)."""
    data = own.read(path, table.Numbers(), report, reading)
    return data._replace(detail=f"{data.detail}: {listed(list(data.columns))}") if data.columns else data
