"""Diabetes: how far it has gone a year after ten measures (Efron et al. 2004, "Least angle regression")."""

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading.labels import TEST_SHARE, mixed
from dltui.errors import DltuiError, ExitStatus, did_you_mean

SOURCES = ("builtin",)
COLUMNS = (
    "age", "sex", "bmi", "pressure", "cholesterol", "ldl", "hdl", "ratio", "triglycerides", "glucose",
)  # fmt: skip


def build(*, columns: list[str] = ()) -> "Diabetes":
    """442 patients, scikit-learn's; the target is a score of 25 to 346.

    columns: which of age, sex, bmi, pressure, cholesterol, ldl, hdl, ratio, triglycerides, glucose; none for all.
    """
    for name in columns:
        if name not in COLUMNS:
            hint = f"{did_you_mean(name, COLUMNS)} Valid: {', '.join(COLUMNS)}."
            raise DltuiError(f'data.columns: there is no column "{name}".', hint, ExitStatus.USAGE)
    return Diabetes(tuple(columns) or COLUMNS)


class Diabetes:
    """A table (N, columns) float32, standardised; targets (N,) float32 as they were measured."""

    def __init__(self, columns: tuple[str, ...]):
        self.columns = columns

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth held back for the test."""
        from sklearn.datasets import load_diabetes  # 1.8 s

        bunch = load_diabetes(scaled=False)
        inputs = bunch.data[:, [COLUMNS.index(name) for name in self.columns]]
        held_back, kept = np.split(mixed(len(inputs)), [round(len(inputs) * TEST_SHARE)])
        parts = (
            Split(torch.from_numpy(inputs[rows]), torch.from_numpy(bunch.target[rows]).float())
            for rows in (kept, held_back)
        )
        train, test = standardised(*parts)
        facts = facts_of(train.inputs, ())
        return Dataset(train, test, (), "builtin", "scikit-learn's diabetes", facts, columns=self.columns)
