"""A Parquet file a split: pictures and their class, or columns of numbers, words and classes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from dltui.engine.reading.hub_columns import CLASS, FAMILIAR, NUMBER, TEXT, Column, HubRows, Written
from dltui.engine.reading.label_column import NO_LABEL

ROW_GROUP = 1000  # rows


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the columns that are inputs and labels. Raises DltuiError (4) where it is open which they are."""
    if "pictures" in rows.gives:
        picture = rows.picture()
        label = _label(rows, (picture.name,))
        names, told = [picture.name, label.name], [one.name for one in rows.columns if one not in (picture, label)]
    else:
        scalars = [one for one in rows.columns if one.holds in (NUMBER, CLASS, TEXT)]
        if not any(one.holds == NUMBER for one in scalars):
            raise rows.wrong("no column holds numbers, which this recipe takes")
        names, told = [one.name for one in scalars], [one.name for one in rows.columns if one not in scalars]
        label = _label(rows, ())
    notes = [f"left out: {', '.join(told[:8])}{' ...' * (len(told) > 8)}"] if told else []
    for split, table in rows.tables.items():
        if split in ("test", "validation") and _unlabelled(table, label):
            notes.append(f"{split} is left out: its labels are not public ({NO_LABEL})")
            continue
        pa.parquet.write_table(table.select(names), folder / f"{split or 'rows'}.parquet", row_group_size=ROW_GROUP)
        notes += _missing(table, label, split)
    reading = {"label": label.name}
    if rows.input and "pictures" not in rows.gives:
        reading["columns"] = (rows.column("input", NUMBER).name,)
    return Written(folder, reading, tuple(notes))


def _label(rows: HubRows, but: tuple[str, ...]) -> Column:
    classes = [one for one in rows.columns if one.holds == CLASS]
    wanted = (CLASS,) if classes and not rows.label else (CLASS, TEXT, NUMBER)
    return rows.column("label", *wanted, but=but, named=FAMILIAR)


def _unlabelled(table: pa.Table, label: Column) -> bool:
    """Whether every label is missing, as in the test rows of a competition."""
    column = table[label.name]
    return label.holds == CLASS and bool(pc.all(pc.less_equal(column.fill_null(NO_LABEL), NO_LABEL)).as_py())


def _missing(table: pa.Table, label: Column, split: str) -> list[str]:
    """Words on the classes that no row has: the first rows of a set that is sorted hold one class."""
    if label.holds != CLASS or not label.names:
        return []
    there = {number for number in table[label.name].unique().to_pylist() if number is not None and number >= 0}
    absent = [name for number, name in enumerate(label.names) if number not in there]
    if not absent:
        return []
    named = f"{', '.join(absent[:5])}{' ...' * (len(absent) > 5)}"
    return [f"{split or 'the set'} has no row of {len(absent)} of {len(label.names)} classes: {named}"]
