"""A text file a split: the texts of a column, one below the other."""

from pathlib import Path

from dltui.engine.reading.hub_columns import TEXT, HubRows, Written

NAMED = ("text", "sentence", "content", "document", "article")  # columns of texts, as people name them


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the texts. Raises DltuiError (4) where it is open which column they are."""
    texts = rows.column("input", TEXT, named=NAMED)
    for split, table in rows.tables.items():
        lines = [text.as_py() for text in table[texts.name] if text.is_valid]
        with (folder / f"{split or 'rows'}.txt").open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(f"{line}\n" for line in lines)
    left = [one.name for one in rows.columns if one != texts]
    notes = (f"the text is that of {texts.name}; left out: {', '.join(left[:8])}",) if left else ()
    return Written(folder if "train" in rows.tables else folder / "rows.txt", {}, notes)
