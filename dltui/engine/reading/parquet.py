"""Rows of a Parquet file, taken in piece by piece: a small one can unpack to more than memory holds."""

import pyarrow as pa
import pyarrow.parquet

PIECE = 128  # rows


def read_rows(file, most: int, most_rows: int) -> pa.Table:
    """Returns the table of a Parquet file: a file object, or a buffer.

    most, most_rows: bytes that it may have in memory, and rows.
    Raises ValueError in words, and pyarrow's own exceptions.
    """
    parquet = pa.parquet.ParquetFile(file)
    told = parquet.metadata
    if told.num_rows > most_rows:
        raise ValueError(f"it has {told.num_rows:,} rows, at most {most_rows:,} are read")
    _check(sum(told.row_group(number).total_byte_size for number in range(told.num_row_groups)), most)
    pieces, size = [], 0
    for piece in parquet.iter_batches(PIECE):
        columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in piece]
        piece = pa.RecordBatch.from_arrays(columns, piece.schema.names)  # as large as its rows are for whoever reads on
        size += piece.nbytes
        _check(size, most)
        pieces.append(piece)
    if not pieces:
        return parquet.schema_arrow.empty_table()
    return pa.Table.from_batches(pieces).replace_schema_metadata(parquet.schema_arrow.metadata)


def _check(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it has {size / 1e9:,.1f} GB or more unpacked, at most {most / 1e9:,.1f} GB are read")
