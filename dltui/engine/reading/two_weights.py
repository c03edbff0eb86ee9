"""Two columns of a table of two classes, for a neuron of two weights: its loss can be drawn as a map."""

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset
from dltui.errors import DltuiError, ExitStatus


def two_columns(data: Dataset, columns: list[int]) -> tuple[Tensor, Tensor]:
    """Returns x (N, 2) float64 and y (N,), 1 and -1 for the two classes less their mean, so that no bias is needed.

    Raises DltuiError (2) where the data have not two classes, or not these columns.
    """
    rows = data.train.inputs.flatten(1)
    if len(data.classes) != 2:
        what = f"These data have {len(data.classes)} classes, and a neuron that tells -1 from 1 knows two."
        raise DltuiError(what, "Take: data.kind=breast_cancer or data.kind=moons.", ExitStatus.USAGE)
    if len(set(columns)) != 2 or not all(0 <= column < rows.shape[1] for column in columns):
        what = f"task.columns must be two different numbers from 0 to {rows.shape[1] - 1}, not {columns}."
        raise DltuiError(what, "Example: task.columns=[0,1]", ExitStatus.USAGE)
    y = 2.0 * data.train.targets.double() - 1
    return rows[:, columns].to(torch.float64), y - y.mean()
