"""A Parquet file is taken in only as far as memory holds it."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.reading.parquet import read_rows


def written(table: pa.Table) -> pa.BufferReader:
    file = BytesIO()
    pa.parquet.write_table(table, file)
    return pa.BufferReader(file.getvalue())


@pytest.mark.parametrize("rows", [0, 1, 128, 1000])
def test_rows_and_metadata_are_those_of_the_whole(rows):
    schema = pa.schema({"a": pa.int64(), "b": pa.struct({"bytes": pa.binary()})}, {"k": "v"})
    table = pa.table({"a": np.arange(rows), "b": [{"bytes": b"x" * (row % 9)} for row in range(rows)]}, schema=schema)
    read = read_rows(written(table), 10**9, 10**6)
    assert read.equals(table) and read.schema.metadata == {b"k": b"v"}


def test_a_file_of_more_rows_is_refused_by_its_head():
    bomb = written(pa.table({"a": np.zeros(2_000_000)}))
    assert bomb.size() < 100_000
    with pytest.raises(ValueError, match="has 2,000,000 rows, at most 1,000,000 are read"):
        read_rows(bomb, 10**9, 10**6)


def test_a_text_that_is_kept_once_and_meant_ten_thousand_times_counts_as_often():
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), pa.array(["x" * 100_000]))
    bomb = written(pa.table({"a": words}))
    assert bomb.size() < 100_000
    before = pa.total_allocated_bytes()
    with pytest.raises(ValueError, match="unpacked"):
        read_rows(bomb, 50_000_000, 10**6)
    assert pa.total_allocated_bytes() - before < 200_000_000


def test_a_column_of_categories_is_what_they_name():
    table = pa.table({"a": pa.array(["x", "y", "x"]).dictionary_encode()})
    assert read_rows(written(table), 10**9, 10**6)["a"].to_pylist() == ["x", "y", "x"]
