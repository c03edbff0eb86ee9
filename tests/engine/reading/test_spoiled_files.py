"""Files of every kind, cut at a random byte or with one byte turned: DltuiError (4) or rows, never anything else."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.engine.reading import own
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT
from dltui.engine.reading.sentence_pairs import read_pairs
from dltui.engine.reading.table import Numbers
from dltui.engine.reading.tagged_words import read_tagged
from dltui.engine.reading.time_series import read_series
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.written import FEW

ROWS = [(n / 4, n % 3 + 0.5, "xyz"[n % 3]) for n in range(12)]
RECORD = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def written(write: Callable[[io.BytesIO], None]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def table(**columns) -> bytes:
    return written(lambda file: pa.parquet.write_table(pa.table(columns), file))


def arrays(save: Callable) -> bytes:
    return written(lambda file: save(file, x=np.arange(12 * 16.0).reshape(12, 4, 4), y=np.arange(12) % 3))


def numbers(path: Path) -> None:
    own.read(path, Numbers(), lambda text: None)


def grey(path: Path) -> None:
    own.read(path, Pictures(1, 8), lambda text: None)


CSV = "a,b,label\n" + "".join(f"{a},{b},{label}\n" for a, b, label in ROWS)
PAIRS = [(f"the dog {n}", f"der Hund {n}") for n in range(22)]
KINDS = {
    "csv": (CSV.encode(), "a.csv", numbers),
    "cp1251": (CSV.replace("x", "кошка").encode("cp1251"), "a.csv", numbers),
    "utf-16": (CSV.encode("utf-16"), "a.csv", numbers),
    "jsonl": (
        "".join(json.dumps({"a": a, "label": label}) + "\n" for a, _, label in ROWS).encode(),
        "a.jsonl",
        numbers,
    ),
    "parquet": (table(a=[a for a, _, _ in ROWS], label=[label for *_, label in ROWS]), "a.parquet", numbers),
    "parquet of pictures": (
        table(
            image=pa.array([{"bytes": b"P5 2 1 255 ab", "path": None}] * 12, RECORD), label=[n % 3 for n in range(12)]
        ),
        "a.parquet",
        grey,
    ),
    "npz": (arrays(np.savez), "a.npz", grey),
    "packed npz": (arrays(np.savez_compressed), "a.npz", numbers),
    "pairs.csv": (("en,de\n" + "".join(f'"{en}","{de}"\n' for en, de in PAIRS)).encode(), "a.csv", read_pairs),
    "pairs.tsv": ("".join(f"{en}\t{de}\n" for en, de in PAIRS).encode(), "a.tsv", read_pairs),
    "pairs.jsonl": (
        "".join(json.dumps({"en": en, "de": de}) + "\n" for en, de in PAIRS).encode(),
        "a.jsonl",
        read_pairs,
    ),
    "tags": ("".join(f"the\tDET\ndog{n}\tNOUN\n\n" for n in range(22)).encode(), "a.tsv", read_tagged),
    "series": (
        ("date,a\n" + "".join(f"2024-01-{n + 1:02},{n / 3:.2f}\n" for n in range(30))).encode(),
        "a.csv",
        lambda path: read_series(path, FOUND_OUT),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_read(tmp_path, kind):
    data, name, read = KINDS[kind]
    (tmp_path / name).write_bytes(data)
    read(tmp_path / name)


@pytest.mark.parametrize("kind", KINDS)
@settings(FEW, max_examples=60)
@given(draw=st.data())
def test_a_spoiled_file_is_told_or_read(tmp_path, kind, draw):
    data, name, read = KINDS[kind]
    place = draw.draw(st.integers(0, len(data) - 1))
    turned = bytes([data[place] ^ draw.draw(st.integers(1, 255))])
    path = tmp_path / name
    for spoiled in (data[:place], data[:place] + turned + data[place + 1 :]):
        path.write_bytes(spoiled)
        try:
            read(path)
        except DltuiError as error:
            assert error.status == ExitStatus.DATA and str(path) in error.message
