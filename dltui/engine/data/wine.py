"""Wine, 13 chemical measures of three growers' wines (Aeberhard, Coomans, de Vel 1992), from scikit-learn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")
GROWERS = ("grower A", "grower B", "grower C")  # scikit-learn has class_0, class_1, class_2


def build() -> "Wine":
    """178 wines of three growers."""
    return Wine()


class Wine:
    """A table, (N, 13) float32, standardised; the user's own may have other columns and classes."""

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth of each class held back for the test."""
        from sklearn.datasets import load_wine  # 1.8 s

        bunch = load_wine()
        targets = bunch.target.astype(np.int64)
        parts = (
            Split(torch.from_numpy(bunch.data[rows]), torch.from_numpy(targets[rows])) for rows in stratified(targets)
        )
        train, test = standardised(*parts)
        facts, columns = facts_of(train.inputs, GROWERS), tuple(map(str, bunch.feature_names))
        return Dataset(train, test, GROWERS, "builtin", "scikit-learn's wine", facts, columns=columns)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own table of numbers. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(), report)
