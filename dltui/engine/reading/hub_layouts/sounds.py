"""A folder for each class with a file for each sound, under train/ and test/ where there are both."""

from pathlib import Path

import pyarrow as pa

from dltui.engine.reading.hub_columns import CLASS, FAMILIAR, SOUND, TEXT, HubRows, Written

HEADS = (
    (b"RIFF", ".wav"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"),
    (b"FORM", ".aiff"),
)
SPEAKERS = ("speaker", "speaker_id", "client_id")


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the sounds. Raises DltuiError (4) where it is open which column they are, or a sound is none."""
    sound = rows.column("input", SOUND)
    label = rows.column("label", CLASS, *(() if _has_classes(rows) else (TEXT,)), named=(*FAMILIAR, "category", "word"))
    speaker = next((one.name for one in rows.columns if one.name.lower() in SPEAKERS), None)
    for split, table in rows.tables.items():
        for number in range(table.num_rows):
            row = table.slice(number, 1)
            data = (row[sound.name][0].as_py() or {}).get("bytes")
            end = next((end for head, end in HEADS if (data or b"").startswith(head)), "")
            if not end:
                held = "no bytes of its own" if not data else "bytes of no known format"
                raise rows.wrong(f"{split or 'rows'}, row {number + 1}: expected a sound, found {held}")
            who = f"{_tame(row[speaker][0].as_py())}_" if speaker else ""
            path = folder / split / _tame(_class(row, label)) / f"{who}{number:06d}{end}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return Written(folder, {}, (f"taken: {sound.name} and {label.name}",))


def _has_classes(rows: HubRows) -> bool:
    return any(one.holds == CLASS for one in rows.columns)


def _class(row: pa.Table, label) -> object:
    value = row[label.name][0].as_py()
    return label.names[value] if isinstance(value, int) and 0 <= value < len(label.names) else value


def _tame(name: object) -> str:
    """A name of a file or a folder, whatever stood in the rows."""
    kept = "".join(sign if sign.isalnum() or sign in "-+ " else "-" for sign in str(name).strip())
    return kept.strip(" .")[:80] or "none"
