"""The one place where bytes that others wrote become text: UTF-8, UTF-16 or an older encoding, found out or given."""

import codecs
import io
import re
from typing import NamedTuple

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NO_TEXTS = {
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel: save the sheet as CSV",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file: its name ends in .parquet",
    b"\x93NUMPY": "an array of NumPy: keep x and y in an .npz file",
    b"SQLite format 3": "a data base of SQLite",
}
SAMPLE = 1 << 16  # bytes by which UTF-16 without a mark is told, and one of the older encodings from the other
CONTROL = re.compile(rb"[\x00-\x07\x0e-\x19\x7f]")  # none of them stands in a text
WORD = re.compile(r"[^\W\d_]+")
SIGNS = "\u00a0§©«®°±²³µ¶·»¼½¾×÷–—‘’“”„†•…‰‹›€™№£¥"  # that texts have beside letters
NATURAL = 0.9  # share of the words that are written as words are: small letters, or a capital first, or all capitals


class Decoded(NamedTuple):
    """A text without its mark of the byte order, its encoding, and words for the user where that was a guess."""

    text: str
    encoding: str
    note: str = ""


def decoded(data: bytes, encoding: str = "") -> Decoded:
    """Returns the text of `data`.

    encoding: by what name the user says it goes; "": found out.
    Raises ValueError in words: which byte of which line is none of that encoding, or of no encoding that is known.
    """
    if what := next((what for head, what in NO_TEXTS.items() if data.startswith(head)), ""):
        raise ValueError(f"it is {what}")
    if encoding:
        return Decoded(_strictly(data, _known(encoding)).removeprefix("\ufeff"), encoding)
    for mark, name in MARKS:
        if data.startswith(mark):
            return Decoded(_strictly(data[len(mark) :], name), name)
    if name := _unmarked_utf16(data):
        return Decoded(_strictly(data, name), name)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        place = error.start
    name = _older(data, place)
    if not name:
        raise ValueError(f"{_byte(data, place)} is no UTF-8, nor is the text of a known encoding")
    return Decoded(data.decode(name), name, f"read as {name}, as it is no UTF-8; data.encoding= takes another")


def with_line_feeds(text: str) -> str:
    """Returns a text in which line feeds alone end lines: those of Windows, and of an old Mac, become such."""
    text = text.replace("\r\n", "\n") if "\r\n" in text else text
    return text if "\n" in text else text.replace("\r", "\n")


def _known(encoding: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # base64 and its like are no encodings of texts
    except (LookupError, ValueError):
        raise ValueError(f"{encoding!r} is no encoding that is known: utf-8, utf-16, cp1251, cp1252, koi8-r") from None
    return encoding


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{_byte(data, error.start)} is not {encoding}") from None
    except UnicodeError as error:  # of utf-16 and utf-32 without a mark, in Python's words
        raise ValueError(f"it is not {encoding}: {error}") from None


def _byte(data: bytes, place: int) -> str:
    return f"byte 0x{data[place]:02x} at {place:,}, line {data.count(10, 0, place) + 1:,}," if data else "the file"


def _unmarked_utf16(data: bytes) -> str:
    """The encoding of a text in which every other byte says the same, its alphabet; "" where it is none."""
    sample = data[:SAMPLE]
    if len(data) % 2 or 0 not in sample:
        return ""
    first, second = len(set(sample[::2])), len(set(sample[1::2]))
    if 2 * min(first, second) > max(first, second):
        return ""
    name = "utf-16-le" if second < first else "utf-16-be"
    text = sample.decode(name, "replace")
    plain = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return name if plain >= NATURAL * len(text) else ""


def _older(data: bytes, first: int) -> str:
    """cp1251 or cp1252: in which the text reads as words; "" where it is no text, or in neither.

    first: the place of the first byte that is not ASCII.
    """
    if CONTROL.search(data):
        return ""
    sample = data[max(0, first - SAMPLE // 2) : first + SAMPLE]
    texts = {}
    for name in ("cp1251", "cp1252"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        texts[name] = [word for word in WORD.findall(sample.decode(name, "ignore")) if not word.isascii()]
    cyrillic = [word for word in texts.get("cp1251", ()) if _of_one_script(word)]
    western = [word for word in texts.get("cp1252", ()) if any(letter.isascii() for letter in word)]
    # a Cyrillic word has no Latin letter; one of a western language has few others
    by_weight = sum(map(len, cyrillic)) > sum(map(len, western))
    for name in ("cp1251", "cp1252") if by_weight else ("cp1252", "cp1251"):
        if name in texts and _reads(texts[name], sample.decode(name, "ignore")):
            return name
    return ""


def _of_one_script(word: str) -> bool:
    return len(word) > 1 and not any(letter.isascii() for letter in word)


def _reads(words: list[str], text: str) -> bool:
    """Whether what is not ASCII are letters that make words, and signs that texts have."""
    natural = sum(len(word) for word in words if word.islower() or word.isupper() or word.istitle())
    letters = sum(len(word) for word in words)
    strange = sum(not sign.isascii() and not sign.isalpha() and sign not in SIGNS for sign in text)
    return natural >= NATURAL * letters and strange <= (1 - NATURAL) * letters
