"""Tables that scikit-learn brings along: breast cancer, wine, diabetes.

Street, Wolberg, Mangasarian 1993; Aeberhard, Coomans, de Vel 1992; Efron et al. 2004, "Least angle regression".
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, scale_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import TEST_SHARE, mixed, stratified
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.errors import DltuiError, ExitStatus, did_you_mean

SOURCES = ("builtin", "path")
GIVES = ("numbers", "classes", "values")
READS = "table"
GROWERS = ("grower A", "grower B", "grower C")  # scikit-learn has class_0, class_1, class_2
PATIENT = (
    "age", "sex", "bmi", "pressure", "cholesterol", "ldl", "hdl", "ratio", "triglycerides", "glucose",
)  # fmt: skip


def build(
    *,
    name: Literal["breast_cancer", "wine", "diabetes"] = "breast_cancer",
    columns: list[str] = (),
    raw: bool = False,
    positive: str = "",
) -> "BundledTable":
    """A table of numbers, a fifth of its rows held back for the test.

    name: breast_cancer, 30 measures of 569 tumours, malignant or benign; wine, 13 of 178 wines of three growers;
        diabetes, 10 of 442 patients, whose disease a year later is a score from 25 to 346.
    columns: names of those that are taken; none for all.
    raw: whether the columns keep their own units; a user's own are always standardised.
    positive: the class that is put last, so that a probability of two is about it; empty: as scikit-learn has them.
    """
    return BundledTable(name, tuple(columns), raw, positive)


class BundledTable:
    """Inputs (N, D) float32, standardised unless `raw`; targets (N,) int64 classes, of diabetes float32 values."""

    def __init__(self, name: str, columns: tuple[str, ...], raw: bool, positive: str):
        self.name, self.columns, self.raw, self.positive = name, columns, raw, positive

    def builtin(self) -> Dataset:
        """scikit-learn's rows, a fifth of each class held back. Raises DltuiError (2) for a column it has not."""
        from sklearn import datasets  # 1.8 s

        bunch = getattr(datasets, f"load_{self.name}")(**({"scaled": False} if self.name == "diabetes" else {}))
        names = PATIENT if self.name == "diabetes" else tuple(map(str, bunch.feature_names))
        columns = self.columns or names
        inputs = bunch.data[:, [_place(names, column, "columns") for column in columns]]
        if self.name == "diabetes":
            classes, targets = (), bunch.target.astype(np.float32)
            held_back, kept = np.split(mixed(len(targets)), [round(len(targets) * TEST_SHARE)])
        else:
            classes, targets = self._classes(bunch)
            kept, held_back = stratified(bunch.target)
        parts = [Split(torch.from_numpy(inputs[at]), torch.from_numpy(targets[at])) for at in (kept, held_back)]
        train, test = parts if self.raw else standardised(*parts)
        train, test = (split._replace(inputs=split.inputs.float()) for split in (train, test))
        detail = f"scikit-learn's {self.name.replace('_', ' ')}"
        data = Dataset(train, test, classes, "builtin", detail, facts_of(train.inputs, classes), columns=columns)
        return data if self.raw else data._replace(scale=scale_of(parts[0]))

    def _classes(self, bunch) -> tuple[tuple[str, ...], np.ndarray]:
        """Names of the classes and targets (N,) int64, the positive one last."""
        classes = GROWERS if self.name == "wine" else tuple(map(str, bunch.target_names))
        order = list(range(len(classes)))
        if self.positive:
            order.append(order.pop(_place(classes, self.positive, "positive")))
        return tuple(classes[number] for number in order), np.argsort(order)[bunch.target].astype(np.int64)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own table of numbers and classes. Raises DltuiError (4)."""
        if self.name == "diabetes":
            raise DltuiError(
                f"{path}: a table of one's own has classes, not values to be predicted.",
                "Take data.name=breast_cancer or data.name=wine with it, in a recipe that classifies.",
                ExitStatus.DATA,
            )
        return own.read(path, table.Numbers(), report, reading)


def _place(names: Sequence[str], name: str, option: str) -> int:
    if name not in names:
        hint = f"{did_you_mean(name, names)} Valid: {', '.join(names)}."
        raise DltuiError(f'data.{option}: there is no "{name}".', hint, ExitStatus.USAGE)
    return names.index(name)
