"""The user's own tagged sentences: CoNLL-U, or a word, a tab and its tag a line, sentences parted by an empty line."""

from pathlib import Path

from dltui.engine.reading.text_file import lines_of
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".conllu", ".conll", ".tsv", ".txt")
CONLLU = 10  # columns: number, word, lemma, part of speech ...
LEAST = 20  # sentences
HINT = "Your own: CoNLL-U, or a word, a tab and its tag a line, with an empty line after each sentence."


def read_tagged(path: Path, encoding: str = "") -> tuple[list[list[tuple[str, str]]], tuple[str, ...]]:
    """Returns the sentences of a file, each once, as lists of (word, tag), and words on its encoding.

    encoding: data.encoding. Raises DltuiError (4): what was found.
    """
    sentences: list[list[tuple[str, str]]] = [[]]
    lines, notes = lines_of(path, SUFFIXES, "tagged sentences", HINT, encoding)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            sentences.append([])
        elif not line.startswith("# "):
            pair = _pair(line.split("\t"))
            if pair is None:
                raise _wrong(f"{path}: line {number}: expected a word, a tab and its tag, found {line.strip()[:60]}.")
            if pair:
                sentences[-1].append(pair)
    found = list({tuple(sentence): sentence for sentence in sentences if sentence}.values())
    if len(found) < LEAST:
        raise _wrong(f"{path}: expected {LEAST} different sentences or more, found {len(found)}.")
    return found, notes


def _pair(columns: list[str]) -> tuple[str, str] | tuple[()] | None:
    """(word, tag); () for a line of CoNLL-U that is no word of its own, such as 3-4; None where there is no tag."""
    if len(columns) == CONLLU:
        return (columns[1], columns[3]) if columns[0].isdigit() else ()
    return (columns[0], columns[-1].strip()) if len(columns) > 1 and all(map(str.strip, columns)) else None


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
