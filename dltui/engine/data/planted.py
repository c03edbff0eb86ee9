"""A table in which it is known which columns tell of the class, and how; the others are noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("builtin", "path")
GIVES = ("numbers", "classes")
READS = "table"
CLASSES = ("low", "middle", "high")
NOISE = "noise"  # what the names of columns without a meaning begin with
STEP = 1.0  # by which a rising column's mean grows from class to class, in deviations
BUMP = 1.6  # by which the middle class stands out
SKEW = 6.0  # a deviation more makes a skewed value e^6 times larger
WIDE = 3.0  # deviation of the widest class; that of the others is 1
BINARY = 0.15  # by which the chance of a 1 grows from class to class
COPY = "-copy"  # stands in the names of near copies: rise1-copy2


def build(
    *,
    rows: int = 750,
    rise: int = 2,
    copies: int = 0,
    apart: float = 0.05,
    skew: int = 2,
    bump: int = 2,
    wide: int = 2,
    pairs: int = 0,
    binary: int = 0,
    noise: int = 16,
    tables: int = 1,
    seed: int = 0,
) -> "Planted":
    """Columns of known meaning, in mixed order.

    rows: rows of all three classes, at least 30; a fifth is held back for the test.
    rise: columns that grow from class to class, at least 0.
    copies: near copies of each of these, which tell nothing more, at least 0.
    apart: deviation of what a copy adds to its column, at least 0; 0: exact copies.
    skew: columns that grow too, with a few enormous values, at least 0.
    bump: columns that are larger in the middle class, at least 0.
    wide: columns with one mean, but spread more widely in the highest class, at least 0.
    pairs: pairs of columns of which only both together tell something: equal signs in the middle class, at least 0.
    binary: columns of two values, of which the greater is somewhat more frequent from class to class, at least 0.
    noise: columns that know nothing of the class, at least 0.
    tables: tables that are drawn, at least 1: an algorithm runs on each, its metrics are means, the first is shown.
    seed: decides the rows, at least 0.
    """
    counts = {"rise": rise, "skew": skew, "bump": bump, "wide": wide, "pair": pairs, "binary": binary, NOISE: noise}
    return Planted(counts, copies, apart, rows, tables, seed)


class Planted:
    """A table (N, D) float32, standardised; `columns` name what was planted: rise1, bump2, noise7 ..."""

    def __init__(self, counts: dict[str, int], copies: int, apart: float, rows: int, tables: int, seed: int):
        self.counts, self.copies, self.apart = counts, copies, apart
        self.rows, self.tables, self.seed = rows, tables, seed

    def builtin(self) -> Dataset:
        """Generated rows: the same options give the same. No table of one seed is one of another seed."""
        first, *others = (self._table([self.seed, number] if number else [self.seed]) for number in range(self.tables))
        if not others:
            return first
        return first._replace(draws=tuple(others), detail=f"{first.detail}; {self.tables} such tables")

    def _table(self, seed: list[int]) -> Dataset:
        random = np.random.Generator(np.random.PCG64(seed))
        targets = random.permutation(np.arange(self.rows) % len(CLASSES))
        named = {
            f"{kind}{number + 1}{part}": column
            for kind, count in self.counts.items()
            for number in range(count)
            for part, column in _columns(kind, targets, random, self.copies, self.apart).items()
        }
        order = random.permutation(len(named))
        names = tuple(np.array(list(named))[order].tolist())
        inputs = np.stack(list(named.values()), 1)[:, order]
        parts = (Split(torch.from_numpy(inputs[at]), torch.from_numpy(targets[at])) for at in stratified(targets))
        train, test = standardised(*parts)
        detail = f"a generated table, {len(names) - self.counts[NOISE]} of {len(names)} columns planted"
        return Dataset(train, test, CLASSES, "builtin", detail, facts_of(train.inputs, CLASSES), columns=names)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own table of numbers. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(), report, reading)


def _columns(
    kind: str, targets: np.ndarray, random: np.random.Generator, copies: int, apart: float
) -> dict[str, np.ndarray]:
    """{part of the name: column (rows,)} of one kind; a pair has two, a rising one its copies too."""
    drawn = random.standard_normal(len(targets))
    if kind == "pair":
        other = np.abs(random.standard_normal(len(targets)))
        return {"a": drawn, "b": other * np.sign(drawn) * np.where(targets == 1, 1, -1)}
    if kind == "rise":
        rising = drawn + STEP * targets
        near = {f"{COPY}{k + 1}": rising + apart * random.standard_normal(len(targets)) for k in range(copies)}
        return {"": rising} | near
    if kind == "skew":
        return {"": np.sinh(SKEW * (drawn + STEP * targets - 1))}
    if kind == "bump":
        return {"": drawn + BUMP * (targets == 1)}
    if kind == "binary":
        return {"": (random.random(len(targets)) < 0.5 + BINARY * (targets - 1)).astype(float)}
    if kind == "wide":
        return {"": drawn * np.where(targets == 2, WIDE, 1)}
    return {"": drawn}


def planted(columns: tuple[str, ...]) -> list[bool]:
    """Returns which columns tell something: [] where nothing is known of that, as in a real table."""
    known = [not name.startswith(NOISE) for name in columns]
    return [] if all(known) else known


def signals(columns: tuple[str, ...]) -> list[list[bool]]:
    """Returns for each planted signal which columns carry it: one, or one and its copies; [] where nothing is known."""
    names = [name.partition(COPY)[0] for name, tells in zip(columns, planted(columns), strict=False) if tells]
    return [[name.partition(COPY)[0] == signal for name in columns] for signal in dict.fromkeys(names)]
