"""Digits, 8x8, from scikit-learn (Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits")."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import own
from dltui.engine.reading.labels import stratified
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"


def build() -> "Digits":
    """1,797 small pictures of digits."""
    return Digits()


class Digits:
    """Grey pictures, (N, 1, 8, 8) uint8."""

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth of each class held back for the test."""
        from sklearn.datasets import load_digits  # 1.8 s

        bunch = load_digits()
        inputs = (bunch.images * (255 / 16)).round().astype(np.uint8)[:, None]  # (N, 1, 8, 8), from 0..16
        targets = bunch.target.astype(np.int64)
        train, test = (
            Split(torch.from_numpy(inputs[rows]), torch.from_numpy(targets[rows])) for rows in stratified(targets)
        )
        classes = tuple(map(str, bunch.target_names))
        return Dataset(train, test, classes, "builtin", "scikit-learn's digits", facts_of(train.inputs, classes))

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made grey and 8x8. Raises DltuiError (4)."""
        return own.read(path, Pictures(channels=1, size=8), report, reading)
