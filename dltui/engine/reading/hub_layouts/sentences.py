"""Sentences as the user's own: a word and its tag a line, JSON Lines of pairs, or a sentence a line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from dltui.engine.reading.hub_columns import CLASSES, TEXT, TEXTS, TRANSLATION, Column, HubRows, Written
from dltui.engine.reading.hub_layouts.text import NAMED

WORDS = ("tokens", "words", "form")
TAGS = ("upos", "pos_tags", "ner_tags", "tags", "labels")


def write(rows: HubRows, folder: Path) -> Written:
    """Writes what data.targets wants. Raises DltuiError (4) where the columns do not hold it, or it is open which."""
    return {"tags": _tags, "translation": _pairs, "groups": _lines}[rows.options.get("targets", "tags")](rows, folder)


def _tags(rows: HubRows, folder: Path) -> Written:
    words = rows.column("input", TEXTS, named=WORDS, but=(rows.label,))
    of = "label" if rows.label or any(one.holds == CLASSES for one in rows.columns) else "input"
    tags = rows.column("label", CLASSES, TEXTS, named=TAGS, but=(words.name,)) if of == "label" else None
    if tags is None:
        raise rows.wrong("no column holds a tag for each word", "Say which: data.label=COLUMN")
    for split, table in rows.tables.items():
        with _file(folder, split, ".tsv") as file:
            for sentence in _sentences(table, words, tags):
                file.write("".join(f"{word}\t{tag}\n" for word, tag in sentence) + "\n")
    return _written(rows, folder, ".tsv", (words.name, tags.name))


def _sentences(table: pa.Table, words: Column, tags: Column) -> Iterator[list[tuple[str, str]]]:
    for said, marked in zip(table[words.name].to_pylist(), table[tags.name].to_pylist(), strict=True):
        named = [
            tags.names[tag] if isinstance(tag, int) and 0 <= tag < len(tags.names) else str(tag) for tag in marked or ()
        ]
        pairs = zip((" ".join(str(word).split()) for word in said or ()), named, strict=False)
        yield [(word, tag) for word, tag in pairs if word and tag.strip()]


def _pairs(rows: HubRows, folder: Path) -> Written:
    nested = next((one for one in rows.columns if one.holds == TRANSLATION), None)
    if nested:
        names = [_language(rows, nested, option, place) for place, option in enumerate(("input", "label"))]
    else:
        texts = [one.name for one in rows.columns if one.holds == TEXT]
        if len(texts) != 2 and not (rows.input and rows.label):
            said = ", such as data.input=en data.label=de"
            raise rows.wrong("a pair of sentences is wanted, two columns of texts", f"Say which{said}")
        names = (
            [rows.column("input", TEXT).name, rows.column("label", TEXT).name] if rows.input and rows.label else texts
        )
    for split, table in rows.tables.items():
        with _file(folder, split, ".jsonl") as file:
            source = table[nested.name].combine_chunks() if nested else table
            sides = [(source.field(name) if nested else source[name]).to_pylist() for name in names]
            for pair in zip(*sides, strict=True):
                if all(isinstance(one, str) and one.strip() for one in pair):
                    file.write(json.dumps(dict(zip(names, pair, strict=True)), ensure_ascii=False) + "\n")
    return _written(rows, folder, ".jsonl", names)


def _language(rows: HubRows, nested: Column, option: str, place: int) -> str:
    given = getattr(rows, option)
    if given and given not in nested.names:
        raise rows.wrong(f'data.{option}: {nested.name} has no "{given}"', f"Valid: {', '.join(nested.names)}.")
    return given or nested.names[place]


def _lines(rows: HubRows, folder: Path) -> Written:
    texts = rows.column("input", TEXT, named=NAMED)
    for split, table in rows.tables.items():
        with _file(folder, split, ".txt") as file:
            file.writelines(
                f"{' '.join(text.split())}\n" for text in table[texts.name].to_pylist() if text and text.strip()
            )
    return _written(rows, folder, ".txt", (texts.name,))


def _file(folder: Path, split: str, suffix: str):
    return (folder / f"{split or 'rows'}{suffix}").open("w", encoding="utf-8", errors="replace", newline="")


def _written(rows: HubRows, folder: Path, suffix: str, names) -> Written:
    path = folder if "train" in rows.tables else folder / f"rows{suffix}"
    return Written(path, {}, (f"taken: {' and '.join(names)}",))
