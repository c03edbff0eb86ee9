"""Recipes of thousands of runs, read section by section: each text of a section, and each line, is parsed once.

A text that is cut before each line that begins with `[` is, where every piece is TOML by itself, the TOML of its pieces
one after the other: a string or a list that went on over such a line would leave the piece before it unfinished. The
same holds for the lines of a section. Runs of one recipe differ in few lines.
"""

import json
import re
from functools import lru_cache
from typing import NamedTuple

from dltui.errors import DltuiError
from dltui.recipes import files, parts, schema
from dltui.runs import events

# of a recipe, and of a log of another trainer's: what stands in others is no setting
SECTIONS = (*schema.FOLDERS, "train", "variants", "hparams")
NUMBER = re.compile(rb"([A-Za-z0-9_-]+) = (-?(?:0|[1-9]\d{0,15})(\.\d{1,20})?(e-?\d{1,2})?)")
KEPT = 4096  # sections, and lines, that are known: those of all our recipes, and some that differ from run to run

Kinds = tuple[tuple[str, str, str], ...]


class Given(NamedTuple):
    """What the recipe of a run says itself, the defaults left out."""

    values: dict[str, object]  # by dotted key, and `variants.NAME.KEY`
    kinds: Kinds  # (section, dotted place, kind) of its parts


class Section(NamedTuple):
    """One piece of a text.

    place: what its header names, () before the first. values: dotted key -> value, where they are settings. written:
    these as JSON, without the braces; None where JSON has no such value, as a date. outline: its keys, with the values
    of `kind` alone, as JSON.
    """

    place: tuple[str, ...]
    values: dict[str, object]
    written: bytes | None
    outline: str


class Line(NamedTuple):
    """KEY = VALUE. written, outline: as those of a section, without the braces."""

    key: str
    value: object
    written: bytes | None
    outline: str


def of_table(table: dict) -> Given:
    """Returns what a recipe's table says."""
    return Given(_values(table), _kinds(table))


def of_text(data: bytes) -> tuple[Given, bytes] | None:
    """Returns what a recipe's text says, and this as JSON, b"" where JSON has no such value; None where it cannot be
    told section by section."""
    found = [_section(text) for text in (b"\n" + data).split(b"\n[")]
    if None in found:
        return None
    told = _kinds_of(tuple([(section.place, section.outline) for section in found]))
    if told is None:
        return None
    kinds, written_kinds = told
    values: dict[str, object] = {}
    settings = [section for section in found if section.values]
    for section in settings:
        values |= section.values
    written = [section.written for section in settings]
    return Given(values, kinds), b"" if None in written else b"[{%s},%s]" % (b",".join(written), written_kinds)


def _values(table: dict) -> dict[str, object]:
    told = {name: body for name, body in table.items() if isinstance(body, dict) and name in SECTIONS}
    return dict(files.flat(told))


def _kinds(table: dict) -> Kinds:
    return tuple((section, place, str(body.get("kind"))) for section, place, body in parts.kind_sections(table))


def _inside(table: dict) -> bytes | None:
    """A table as JSON, without its braces; None where JSON has none such."""
    try:
        return events.encode(table)[1:-2]
    except (TypeError, ValueError):
        return None


def _outline(body: dict) -> dict:
    """The keys of a table, with the values of `kind` alone."""
    return {
        key: str(value) if key == "kind" else _outline(value) if isinstance(value, dict) else None
        for key, value in body.items()
    }


# -- pieces of a text --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=KEPT)
def _section(data: bytes) -> Section | None:
    """What a piece says, the first character of its header cut off; None where it is no TOML by itself, or more."""
    header, _, rest = data.partition(b"\n")  # before the first header stands an empty line
    try:
        place = _place(header) if header else ()
        if place is None or "kind" in place:  # a kind is no table
            return None
        return _of_lines(place, rest) or _of_whole(place, ("[" if header else "") + data.decode())
    except (ValueError, DltuiError):
        return None


@lru_cache(maxsize=KEPT)
def _place(header: bytes) -> tuple[str, ...] | None:
    """What a header names, its first character cut off; None where it is one of a list of tables."""
    body = files.table_of("[" + header.decode(), "")
    place = []
    while body:
        ((name, body),) = body.items()
        place.append(name)
        if not isinstance(body, dict):
            return None
    return tuple(place)


def _of_lines(place: tuple[str, ...], rest: bytes) -> Section | None:
    """A section each of whose lines is TOML by itself, as nearly all are that differ from run to run."""
    lines = [_line(line) for line in rest.split(b"\n") if line]
    if None in lines or len({line.key for line in lines}) < len(lines):
        return None
    outline = "{" + ", ".join([line.outline for line in lines]) + "}"
    if not place or place[0] not in SECTIONS:
        return Section(place, {}, b"", outline)
    name = ".".join(place) + "."
    begin = json.dumps(name, ensure_ascii=False).encode()[:-1]
    written = [line.written and begin + line.written[1:] for line in lines]
    whole = None if None in written else b",".join(written)
    return Section(place, {name + line.key: line.value for line in lines}, whole, outline)


@lru_cache(maxsize=KEPT)
def _line(data: bytes) -> Line | None:
    """What a line says; None where it is no TOML by itself, or no key with a plain value."""
    number = NUMBER.fullmatch(data)  # as nearly all are that differ; TOML, JSON and Python write them alike
    if number and number[1] != b"kind":
        key, written = number[1].decode(), number[2]
        value = int(written) if number[3] is None and number[4] is None else float(written)
        return Line(key, value, b'"%s":%s' % (number[1], written), f'"{key}": null')
    if data.lstrip().startswith(b"["):  # a header that is indented
        return None
    try:
        table = files.table_of(data.decode(), "")
    except (ValueError, DltuiError):
        return None
    if len(table) != 1:
        return None
    ((key, value),) = table.items()
    return None if isinstance(value, dict) else Line(key, value, _inside(table), json.dumps(_outline(table))[1:-1])


def _of_whole(place: tuple[str, ...], text: str) -> Section | None:
    table = files.table_of(text, "")
    body: object = table
    for name in place:
        if not isinstance(body, dict) or list(body) != [name]:
            return None  # a header that is indented follows
        body = body[name]
    if not isinstance(body, dict):
        return None
    values = _values(table)
    return Section(place, values, _inside(values), json.dumps(_outline(body)))


@lru_cache(maxsize=KEPT)
def _kinds_of(outlines: tuple[tuple[tuple[str, ...], str], ...]) -> tuple[Kinds, bytes] | None:
    """The kinds that a whole recipe names, and these as JSON; None where one piece names what another has."""
    whole: dict = {}
    tables = {(): whole}
    for place, outline in outlines:
        if not place:
            whole |= json.loads(outline)
            continue
        inside = whole
        for depth, name in enumerate(place[:-1], 1):
            if place[:depth] not in tables:
                if name in inside:
                    return None
                tables[place[:depth]] = inside[name] = {}
            inside = tables[place[:depth]]
        if place[-1] in inside:
            return None
        tables[place] = inside[place[-1]] = json.loads(outline)
    kinds = _kinds(whole)
    return kinds, events.encode(kinds)[:-1]
