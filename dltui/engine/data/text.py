"""Text, symbol by symbol: Shakespeare (Karpathy 2015, char-rnn); built in: Python's own library, as it is installed."""

import sysconfig
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.reading import hub
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.split_files import split_files
from dltui.engine.reading.tensor_file import Stored
from dltui.engine.reading.text_file import text_of
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("hub", "builtin", "path")
GIVES = ("text",)
READS = "text"
HUB = hub.Source("karpathy/tiny_shakespeare", "", revision="refs/pr/2")  # in main there is only a script
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # number 0: what is too rare to be learned
RARE = 20  # times that a symbol must come
HELD = 10  # every tenth stretch is held back
STRETCH = 50  # rows
TEST_ROWS, BLOCK = 300, 10  # rows of the test, that many in a row from each of several places
LEAST_STRETCHES = 20  # of a path's text
SUFFIXES = (".txt", ".text", ".md")  # in a folder
HINT = "Give a file of your own: data.from=FILE.txt, or a folder with train.txt and test.txt."


def build(*, length: int = 64, train_rows: int = 0, test_rows: int = 0) -> "Text":
    """A text in rows of equal length; what is to be guessed at each symbol is the next one.

    length: symbols of a row, at least 2.
    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all; there are 300 at most, from 30 places of the held-back text.
    """
    return Text(length, train_rows, test_rows)


class Text:
    """Rows (N, length) int64 of symbols, targets alike: the same text one symbol on. One vocabulary."""

    def __init__(self, length: int, train_rows: int, test_rows: int):
        self.length, self.rows = length, (train_rows, test_rows)

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """Shakespeare's plays, about a million symbols; kept in the cache as bytes. Raises DltuiError (4)."""
        stored, how, notes = copy_of("text", {"repo": HUB.repo}, lambda: _fetched(report))
        texts = {split: bytes(stored.tensors[split].numpy()).decode() for split in ("train", "test")}
        return self._in_splits(texts, "hub", f"{HUB.repo}, {how}")._replace(notes=notes)

    def builtin(self) -> Dataset:
        """The modules of the library that lie in no package, in the order of their names; each tenth stretch of the
        whole is the test."""
        files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
        text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
        if len(text) < self._least:
            raise DltuiError(
                f"{sysconfig.get_path('stdlib')}: expected the source of Python's library, found {len(files)} files.",
                "Give a text of your own: data.from=FILE.txt",
                ExitStatus.DATA,
            )
        return self._parted(text, "builtin", f"the source of Python's library, {len(files)} files")

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own text; each tenth stretch of it is the test. Raises DltuiError (4)."""
        report(f"reading {path}")
        files, notes = split_files(path, SUFFIXES, HINT)
        found = {
            split: [text_of(file, "a text file", HINT, reading.encoding) for file in files[split]] for split in files
        }
        texts = {split: "".join(one.text for one in parts) for split, parts in found.items()}
        notes += tuple(dict.fromkeys(one.note for parts in found.values() for one in parts if one.note))
        size = sum(map(len, texts.values()))
        if size < self._least or min(map(len, texts.values())) < 2 * self.length:
            raise DltuiError(
                f"{path}: expected {self._least:,} symbols or more, as rows have {self.length}, found {size:,}.",
                "Give a longer text, or a smaller data.length.",
                ExitStatus.DATA,
            )
        detail = f"{path}: {size:,} symbols"
        data = self._parted(texts[""], "path", detail) if "" in texts else self._in_splits(texts, "path", detail)
        return data._replace(notes=(*notes, *data.notes))

    @property
    def _least(self) -> int:
        return LEAST_STRETCHES * STRETCH * self.length

    def _in_splits(self, texts: dict[str, str], source: str, detail: str) -> Dataset:
        """Texts that come in splits; the vocabulary is that of the training text."""
        codes = {split: code_points(text) for split, text in texts.items()}
        known = vocabulary(codes["train"])
        rows = {split: _split(numbered(codes[split], known), self.length) for split in codes}
        data = self._dataset(known, [rows["train"], rows["test"]], source, detail)
        return data._replace(validation=rows.get("validation"))

    def _parted(self, text: str, source: str, detail: str) -> Dataset:
        codes = code_points(text)
        known = vocabulary(codes)
        rows = _split(numbered(codes, known), self.length)
        held = torch.arange(len(rows.inputs)) // STRETCH % HELD == HELD // 2
        return self._dataset(known, [Split(*(part[at] for part in rows)) for at in (~held, held)], source, detail)

    def _dataset(self, known: np.ndarray, splits: list[Split], source: str, detail: str) -> Dataset:
        train, test = splits
        if len(test.inputs) > TEST_ROWS:
            starts = torch.linspace(0, len(test.inputs) - BLOCK, TEST_ROWS // BLOCK).long() // BLOCK * BLOCK
            places = (starts[:, None] + torch.arange(BLOCK)).flatten()
            test = Split(*(rows[places] for rows in test))
        symbols = (UNKNOWN, *map(chr, known.tolist()))
        facts = {"symbols": len(symbols), "length": self.length}
        return limited(Dataset(train, test, (), source, detail, facts, vocabularies=(symbols,)), *self.rows)


def code_points(text: str) -> np.ndarray:
    """Returns (N,) uint32."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def vocabulary(codes: np.ndarray) -> np.ndarray:
    """Returns the code points, rising, that come RARE times or more. Raises DltuiError (4) where none does."""
    known = np.flatnonzero(np.bincount(codes) >= RARE)
    if not len(known):
        what = f"No symbol comes {RARE} times in the text of {len(codes):,} symbols: there is nothing to learn."
        raise DltuiError(what, "Take a longer text.", ExitStatus.DATA)
    return known


def numbered(codes: np.ndarray, known: np.ndarray) -> Tensor:
    """Returns the numbers (N,) int64 of code points: 1 for the first of those known, 0 for what is not."""
    places = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    return torch.from_numpy(np.where(known[places] == codes, places + 1, 0).astype(np.int64))


def _split(symbols: Tensor, length: int) -> Split:
    """(N,) -> rows (N / length, length), and the same one symbol on: two views of one text."""
    rows = (len(symbols) - 1) // length
    return Split(symbols[: rows * length].view(rows, length), symbols[1 : rows * length + 1].view(rows, length))


def _fetched(report: Callable[[str], None]) -> Stored:
    tensors = {}
    with hub.tables(HUB, report) as (tables, commit):
        for split, table in tables.items():
            text = "\n".join(hub.texts(HUB.repo, table, "text"))
            tensors[split] = torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)
    return Stored(tensors, {"repo": HUB.repo, "commit": commit})
