"""The comparison of labels: its accuracies are scikit-learn's, a label at a time."""

import pytest
import torch
from sklearn.metrics import accuracy_score
from torch import nn

from dltui.engine.comparisons.labels import METRICS, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.losses import binary_cross_entropy
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


def rows(seed: int) -> Split:
    torch.manual_seed(seed)
    return Split(torch.randn(60, 4), torch.randint(0, 2, (60, 3)))


@pytest.fixture
def several() -> Dataset:
    facts = {"inputs": 4, "classes": 3, "multi_label": 1}
    return Dataset(rows(0), rows(1), ("smile", "glasses", "turn"), "builtin", "", facts)


def tasks(data: Dataset) -> dict[str, classify.Classify]:
    torch.manual_seed(2)
    loss = binary_cross_entropy.build()
    nets = {"small": nn.Linear(4, 3), "large": nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))}
    return {name: classify.build()(context(data, {"model": net}, loss=loss)) for name, net in nets.items()}


@torch.no_grad()
def test_each_label_is_judged_by_itself(several):
    made = tasks(several)
    found, (bars, table) = build()(made).evaluate(), build()(made).pictures()
    for name, task in made.items():
        want = [accuracy_score(several.test.targets[:, k], task.net(several.test.inputs)[:, k] > 0) for k in range(3)]
        assert found[name]["mean_label_accuracy"] == pytest.approx(sum(want) / 3)
        assert found[name]["least_label_accuracy"] == pytest.approx(min(want))
        assert set(found[name]) == set(METRICS)
        assert list(bars.payload["values"][list(made).index(name) :: 2]) == pytest.approx(want)
    assert (found["small"]["weights"], found["large"]["weights"]) == (15, 67)
    assert bars.payload["labels"] == ["smile", "large", "glasses", "large", "turn", "large"]
    assert [row[1] for row in table.payload["rows"]] == ["15", "67"]


def test_one_class_a_row_is_refused(data):
    task = classify.build()(context(data, {"model": nn.Linear(2, 2)}))
    with pytest.raises(DltuiError, match="any number of classes"):
        build()({"": task})
