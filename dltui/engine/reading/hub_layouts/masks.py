"""images/ and masks/: a mask has the name of its picture."""

from pathlib import Path

from dltui.engine.reading.hub_columns import MASKS, PICTURE, HubRows, Written
from dltui.engine.reading.picture import suffix_of
from dltui.engine.reading.picture_column import FIRST


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the pictures and masks of all splits, those of the test last. Raises DltuiError (4)."""
    pictures = [one.name for one in rows.columns if one.holds == PICTURE]
    if len(pictures) < 2:
        raise rows.wrong("a picture and its mask are wanted, two columns of pictures")
    mask = rows.column("label", PICTURE, named=MASKS, but=(rows.input,))
    picture = rows.column("input", PICTURE, named=FIRST, but=(mask.name,))
    number = 0
    for inside in ("images", "masks"):
        (folder / inside).mkdir()
    for split in sorted(rows.tables, key=lambda name: name == "test"):
        table = rows.tables[split]
        pairs = zip(table[picture.name].to_pylist(), table[mask.name].to_pylist(), strict=True)
        for row, sides in enumerate(pairs, 1):
            number += 1
            for inside, held in zip(("images", "masks"), sides, strict=True):
                data = (held or {}).get("bytes")
                if not data:
                    raise rows.wrong(f"{split or 'rows'}, row {row}: expected a picture, found no bytes of its own")
                (folder / inside / f"{number:06d}{suffix_of(data)}").write_bytes(data)
    return Written(folder, {}, (f"taken: {picture.name}, with its mask in {mask.name}",))
