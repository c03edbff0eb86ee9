"""Breast cancer, 30 measures of cell nuclei (Street, Wolberg, Mangasarian 1993), from scikit-learn."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")


def build(*, raw: bool = False, positive: Literal["benign", "malignant"] = "benign") -> "BreastCancer":
    """569 tumours, malignant or benign.

    raw: whether the built-in columns keep their own units; a user's own are always standardised.
    positive: the second of the two built-in classes, which a probability is about.
    """
    return BreastCancer(raw, positive)


class BreastCancer:
    """A table, (N, 30) float32, standardised unless `raw`; the user's own may have other columns and classes."""

    def __init__(self, raw: bool, positive: str):
        self.raw, self.positive = raw, positive

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth of each class held back for the test."""
        from sklearn.datasets import load_breast_cancer  # 1.8 s

        bunch = load_breast_cancer()
        classes, targets = tuple(map(str, bunch.target_names)), bunch.target.astype(np.int64)
        if classes[1] != self.positive:
            classes, targets = classes[::-1], 1 - targets
        parts = (
            Split(torch.from_numpy(bunch.data[rows]), torch.from_numpy(targets[rows]))
            for rows in stratified(bunch.target)
        )
        train, test = parts if self.raw else standardised(*parts)
        train, test = (split._replace(inputs=split.inputs.float()) for split in (train, test))
        facts, columns = facts_of(train.inputs, classes), tuple(map(str, bunch.feature_names))
        return Dataset(train, test, classes, "builtin", "scikit-learn's breast cancer", facts, columns=columns)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own table of numbers. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(), report)
