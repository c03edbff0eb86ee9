"""Arrays of an npz file, their sizes looked at before anything is unpacked."""

import math
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dltui import regular_file

HEADS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_arrays(path: Path, most: int) -> dict[str, np.ndarray]:
    """Returns the arrays of an npz file by their names, without `.npy`.

    most: bytes that they may have, unpacked. Raises OSError, and ValueError in words where it is not such a file.
    """
    try:
        with regular_file.opened(path, most) as file, _archive(file) as archive:
            packed = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            size = sum(info.file_size for info in packed)
            if size > most:
                raise ValueError(
                    f"its arrays have {size / 1e9:,.1f} GB unpacked, at most {most / 1e9:,.1f} GB are read"
                )
            return {info.filename.removesuffix(".npy"): _read(archive, info) for info in packed}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(f"not an npz file: {error}") from None
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma"):
            raise ValueError(f"not an npz file: {error}") from None
        raise


def _archive(file: BinaryIO) -> zipfile.ZipFile:
    """The archive that an npz file is. Raises ValueError, and zipfile's own, where it is something else."""
    head = file.read(len(np.lib.format.MAGIC_PREFIX))
    file.seek(0)
    if not head:
        raise ValueError("the file is empty")
    if head == np.lib.format.MAGIC_PREFIX:
        raise ValueError("it is one array, an .npy file: numpy.savez(FILE, x=..., y=...) writes both")
    return zipfile.ZipFile(file)


def _read(archive: zipfile.ZipFile, packed: zipfile.ZipInfo) -> np.ndarray:
    """One array. NumPy makes room for as many numbers as the head promises: they must be there."""
    with archive.open(packed) as stream:
        head = HEADS.get(np.lib.format.read_magic(stream))
        if head is None:
            raise ValueError(f"{packed.filename} is of a version that is not known")
        shape, _, dtype = head(stream)
        if math.prod(shape) * dtype.itemsize > packed.file_size:
            raise ValueError(f"{packed.filename} promises {shape} numbers, and holds {packed.file_size:,} bytes")
    with archive.open(packed) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
