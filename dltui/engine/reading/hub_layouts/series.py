"""One Parquet file: columns of numbers, and of what says when. A series is read whole; its end is the test."""

from pathlib import Path

import pyarrow.parquet

from dltui.engine.reading.hub_columns import NUMBER, OTHER, TEXT, HubRows, Written


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the columns of the first split. Raises DltuiError (4) where none holds numbers."""
    split, table = next(iter(rows.tables.items()))
    if not any(one.holds == NUMBER for one in rows.columns):
        raise rows.wrong("no column holds numbers")
    kept = [
        one.name for one in rows.columns if one.holds in (NUMBER, TEXT) or one.words.startswith(("timestamp", "date"))
    ]
    chosen = (rows.column("input", NUMBER).name,) if rows.input else ()
    path = folder / "series.parquet"
    pyarrow.parquet.write_table(table.select(kept), path)
    others = [name for name in rows.tables if name != split]
    notes = [f"the series is that of {split}; left out: {', '.join(others)}"] if others else []
    notes += [
        f"left out: {one.name}, {one.words}" for one in rows.columns if one.holds == OTHER and one.name not in kept
    ]
    return Written(path, {"columns": chosen} if chosen else {}, tuple(notes))
