"""Breast cancer, 30 measures of cell nuclei (Street, Wolberg, Mangasarian 1993), from scikit-learn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")


def build(*, raw: bool = False) -> "BreastCancer":
    """569 tumours, malignant or benign.

    raw: whether the built-in columns keep their own units; a user's own are always standardised.
    """
    return BreastCancer(raw)


class BreastCancer:
    """A table, (N, 30) float32, standardised unless `raw`; the user's own may have other columns and classes."""

    def __init__(self, raw: bool):
        self.raw = raw

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth of each class held back for the test."""
        from sklearn.datasets import load_breast_cancer  # 1.8 s

        bunch = load_breast_cancer()
        targets = bunch.target.astype(np.int64)
        parts = (
            Split(torch.from_numpy(bunch.data[rows]), torch.from_numpy(targets[rows])) for rows in stratified(targets)
        )
        train, test = parts if self.raw else standardised(*parts)
        train, test = (split._replace(inputs=split.inputs.float()) for split in (train, test))
        classes = tuple(map(str, bunch.target_names))
        facts, columns = facts_of(train.inputs, classes), tuple(map(str, bunch.feature_names))
        return Dataset(train, test, classes, "builtin", "scikit-learn's breast cancer", facts, columns=columns)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own table of numbers. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(), report)
