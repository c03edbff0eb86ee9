"""A Parquet file a split: a column of texts and one of their classes."""

from pathlib import Path

import pyarrow.parquet

from dltui.engine.reading.hub_columns import CLASS, FAMILIAR, NUMBER, TEXT, HubRows, Written
from dltui.engine.reading.labelled_texts import NAMED


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the two columns. Raises DltuiError (4) where it is open which they are."""
    classes = any(one.holds == CLASS for one in rows.columns) and not rows.label
    label = rows.column("label", *((CLASS,) if classes else (CLASS, NUMBER, TEXT)), named=FAMILIAR, but=(rows.input,))
    text = rows.column("input", TEXT, named=NAMED, but=(label.name,))
    for split, table in rows.tables.items():
        pyarrow.parquet.write_table(table.select([text.name, label.name]), folder / f"{split or 'rows'}.parquet")
    left = [one.name for one in rows.columns if one not in (text, label)]
    notes = (f"left out: {', '.join(left[:8])}{' ...' * (len(left) > 8)}",) if left else ()
    return Written(folder, {"label": label.name, "columns": (text.name,)}, notes)
