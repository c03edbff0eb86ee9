"""Guidance: each weight is measured by samples of that weight, and the task's own stays as it was."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import digits
from dltui.engine.probes.guidance import ROWS, build
from tests.engine.conftest import CPU


class Drawing:
    """Draws a training row of the class asked for; with much guidance always the same one, with none a wrong one."""

    conditional, device = True, CPU

    def __init__(self):
        self.rows, self.guidance = Rows(digits.build().builtin(), CPU), 0.5

    def sample_classes(self, labels, generator):
        x, y = self.rows.train.inputs, self.rows.train.targets
        picks = torch.randint(100, (len(labels),), generator=generator) * (self.guidance < 4)
        wanted = (labels + (self.guidance == 0)) % 10
        return torch.stack([x[y == of][at] for of, at in zip(wanted.tolist(), picks.tolist(), strict=True)])


def test_each_weight_is_measured_by_its_own_samples():
    task = Drawing()
    found = build(samples=200)(task).evaluate()
    assert found["none_agreement"] == 0 and found["some_agreement"] == 1 == found["much_agreement"]
    assert found["much_spread"] == 0 and found["some_spread"] == pytest.approx(1, abs=0.15)
    assert task.guidance == 0.5


def test_a_row_is_a_weight_and_a_column_a_class():
    task = Drawing()
    [picture] = build(samples=200)(task).pictures()
    shown = picture.payload
    assert (shown["rows"], shown["columns"]) == (3 * ROWS, 10) and shown["row_titles"][-1] == "w = 4"
    first = shown["pixels"].reshape(6, 8, 10, 8)[4, :, 3] / 255
    assert first == pytest.approx(task.rows.train.inputs[task.rows.train.targets == 3][0, 0].numpy(), abs=1e-2)
