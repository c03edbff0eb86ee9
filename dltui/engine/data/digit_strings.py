"""Strings of handwritten digits that touch, to be read whole: of generated digits, or of MNIST's."""

from collections.abc import Callable

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.data import mnist
from dltui.engine.generators import strokes
from dltui.engine.generators.digit_strings import strung
from dltui.engine.reading.sentences import SPECIAL
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("hub", "builtin")
GIVES = ("pictures", "sequences")
SYMBOLS = (*SPECIAL, *mnist.CLASSES)
WIDE = 18  # columns that a string of the greatest length has for each digit


def build(
    *, train_rows: int = 3000, test_rows: int = 500, least: int = 3, most: int = 6, seed: int = 0
) -> "DigitStrings":
    """Pictures of strings, 28 pixels high and 18 wide for each digit of the longest.

    train_rows: strings to train on, at least 10.
    test_rows: strings to test on, at least 2; their digits are drawn by themselves.
    least: digits of a string at least, at least 1.
    most: digits of a string at most, at least 1, at most 20.
    seed: decides the strings, at least 0.
    """
    if least > most:
        raise DltuiError(f"data.least is {least}, data.most {most}.", "Make data.most the greater.", ExitStatus.USAGE)
    return DigitStrings((train_rows, test_rows), (least, most), seed)


class DigitStrings:
    """Pictures (N, 1, 28, 18 most) uint8, targets (N, most) int64: numbers in SYMBOLS, 0 behind the last."""

    def __init__(self, rows: tuple[int, int], lengths: tuple[int, int], seed: int):
        self.rows, self.lengths, self.seed = rows, lengths, seed

    def builtin(self) -> Dataset:
        """Generated digits, the same every time for a seed."""
        return self._dataset(self._drawn, "builtin", "generated digits")

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy of MNIST, its digits strung together. Raises DltuiError (4)."""
        digits = mnist.build().hub(report)
        splits = [(split.inputs.numpy(), split.targets.numpy()) for split in (digits.train, digits.test)]

        def taken(number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
            rows = np.random.Generator(np.random.PCG64([self.seed, number])).integers(
                len(splits[number][1]), size=count
            )
            return splits[number][0][rows], splits[number][1][rows]

        return self._dataset(taken, "hub", digits.detail)

    def _drawn(self, number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        return strokes.digits(count, 2 * self.seed + number)

    def _dataset(
        self, digits: Callable[[int, int], tuple[np.ndarray, np.ndarray]], source: str, detail: str
    ) -> Dataset:
        """digits(split, count) -> pictures (count, 1, 28, 28), classes (count,)."""
        least, most = self.lengths
        splits = []
        for number, rows in enumerate(self.rows):
            random = np.random.Generator(np.random.PCG64([self.seed, number, 1]))
            lengths = random.integers(least, most + 1, rows)
            pictures, classes = digits(number, int(lengths.sum()))
            targets = np.zeros((rows, most), np.int64)
            targets[np.arange(most) < lengths[:, None]] = classes + len(SPECIAL)
            strings = strung(pictures, lengths, WIDE * most, random)
            splits.append(Split(torch.from_numpy(strings), torch.from_numpy(targets)))
        facts = {**facts_of(splits[0].inputs, ()), "target_words": len(SYMBOLS)}
        told = f"{detail}, {least} to {most} in a string"
        return Dataset(*splits, (), source, told, facts, vocabularies=(SYMBOLS,))
