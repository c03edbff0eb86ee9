"""An npz file is unpacked only where its arrays are as large as its heads say, and no larger than memory."""

import zipfile
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest

from dltui.engine.reading.npz import read_arrays


def head(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


def packed(path, **arrays: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return path


def test_arrays_are_those_that_numpy_wrote(tmp_path):
    arrays = {"x": np.arange(12.0).reshape(3, 4), "y": np.array(["a", "b"]), "z": np.asfortranarray(np.eye(3))}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_arrays(tmp_path / "a.npz", 10_000)
    assert found.keys() == arrays.keys() and all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = packed(tmp_path / "bomb.npz", x=head((5_000_000,), "|u1") + bytes(5_000_000))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(ValueError, match="unpacked"):
        read_arrays(path, 1_000_000)


@pytest.mark.parametrize("shape", [(10**12,), (10**9, 10**9), (3,)])
def test_numbers_that_are_promised_and_not_there_are_told(tmp_path, shape):
    """NumPy makes room for what the head promises, before it reads."""
    path = packed(tmp_path / "lie.npz", x=head(shape) + b"123")
    with pytest.raises(ValueError, match=r"x\.npy promises|cannot reshape|EOF"):
        read_arrays(path, 1_000_000)


def test_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{}], object))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        read_arrays(tmp_path / "a.npz", 10_000)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"\x93NUMPY" + bytes(99)])
def test_what_is_no_npz_is_told(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"not an npz file|the file is empty|one array, an \.npy file"):
        read_arrays(tmp_path / "a.npz", 10_000)


def test_any_byte_that_is_another_is_told_or_harmless(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.arange(50.0), y=np.arange(50))
    whole = (tmp_path / "a.npz").read_bytes()
    for place in range(0, len(whole), 3):
        (tmp_path / "b.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with suppress(OSError, ValueError):
            read_arrays(tmp_path / "b.npz", 10_000)
