"""Binary cross-entropy: a weight counts a row of the second class as so many, and is a knob of the run."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from dltui.engine.contracts.rows import Rows
from dltui.engine.losses.binary_cross_entropy import build
from dltui.engine.training.learner import Learner
from tests.engine.conftest import CPU


def drawn():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(20, 1, generator=generator), torch.arange(20) % 5 // 4


def test_it_is_the_cross_entropy_of_its_probability():
    logits, targets = drawn()
    want = binary_cross_entropy(torch.sigmoid(logits[:, 0]), targets.float())
    assert build()(logits, targets).item() == pytest.approx(want.item(), rel=1e-5)


def test_a_weight_counts_a_row_of_the_second_class_as_so_many():
    """Guards the side that the weight is on, and that a mean over the rows is taken, not over the weights."""
    logits, targets = drawn()
    seven_times = torch.cat([torch.arange(20)[targets == 1].repeat(7), torch.arange(20)[targets == 0]])
    want = build()(logits[seven_times], targets[seven_times]) * len(seven_times) / 20
    assert build(positive_weight=7.0)(logits, targets).item() == pytest.approx(want.item(), rel=1e-5)


def test_the_weight_is_turned_while_it_runs_and_a_checkpoint_holds_it(recipe, data):
    made = recipe(loss={"kind": "binary_cross_entropy", "positive_weight": 2.0})
    learner, other = (Learner("", made, Rows(data, CPU), CPU) for _ in range(2))
    assert learner.knobs()["loss.positive_weight"] == 2.0
    assert learner.problem("loss.positive_weight", 0.0) and not learner.problem("loss.positive_weight", 5.0)
    learner.turn("loss.positive_weight", 5.0)
    assert learner.task.criterion.positive_weight == 5.0
    other.restore(*learner.state(), 0)
    assert other.knobs()["loss.positive_weight"] == 5.0


def test_of_several_labels_each_is_judged_by_itself():
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(40, 5, generator=generator), torch.randint(0, 2, (40, 5), generator=generator)
    p = build().probabilities(logits)
    want = -torch.where(labels == 1, p, 1 - p).log().mean()
    assert build()(logits, labels).item() == pytest.approx(want.item(), rel=1e-5)
