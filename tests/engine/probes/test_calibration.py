"""Calibration: the error as a loop over bins gives it, the temperature of the least loss, and no prediction changed."""

import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.probes.calibration import LARGEST, METRICS, binned, build, ece, temperature
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import blobs, context


def drawn(sharpness: float, rows: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are `sharpness` times those by which the classes were drawn."""
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(rows, 5, generator=generator, dtype=torch.double)
    return sharpness * z, torch.multinomial(z.softmax(1), 1, generator=generator)[:, 0]


def test_the_error_is_that_of_a_loop_over_the_bins():
    z, y = drawn(3)
    p, expected = z.softmax(1), 0.0
    confidence, predicted = p.max(1)
    for b in range(10):
        inside = (confidence > b / 10) & (confidence <= (b + 1) / 10)
        if inside.any():
            gap = (predicted[inside] == y[inside]).double().mean() - confidence[inside].mean()
            expected += inside.double().mean() * gap.abs()
    assert ece(p, y, 10) == pytest.approx(expected)
    assert binned(p, y, 10)[0].sum() == pytest.approx(1)


def test_one_bin_asks_only_for_the_mean_and_a_net_that_is_sure_of_mistakes_has_an_error_of_1():
    z, y = drawn(1)
    p = z.softmax(1)
    gap = (p.argmax(1) == y).double().mean() - p.amax(1).mean()
    assert ece(p, y, 1) == pytest.approx(abs(gap))
    assert ece(nn.functional.one_hot((y + 1) % 5, 5).double(), y, 15) == 1


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_the_temperature_is_that_of_the_least_cross_entropy(sharpness):
    z, y = drawn(sharpness)
    least = minimize_scalar(lambda t: cross_entropy(z / t, y).item(), bounds=(0.01, 20), method="bounded")
    found = temperature(z, y)
    assert found == pytest.approx(least.x, rel=1e-3)
    assert found == pytest.approx(sharpness, rel=0.1), "the rows were drawn so"
    assert ece((z / found).softmax(1), y, 15) < 0.03


def test_rows_that_are_all_right_have_the_lowest_temperature_there_is():
    y = torch.arange(5)
    assert temperature(torch.eye(5).double(), y) == pytest.approx(1 / LARGEST, rel=0.01)


@torch.no_grad()
def test_scaling_changes_no_prediction_and_an_untrained_net_has_finite_values():
    torch.manual_seed(0)
    data = Dataset(blobs(200, 0), blobs(200, 1), ("a", "b"), "builtin", "", {}, validation=blobs(200, 2))
    net = nn.Linear(2, 2)
    task = classify.build()(context(data, {"model": net}))
    probe = build()(task)
    values = probe.evaluate()
    assert set(values) == set(METRICS) and all(torch.tensor(list(values.values())).isfinite())
    assert values["scaled_accuracy"] == task.evaluate()["accuracy"]
    net.weight *= 100  # the same predictions, much surer
    sure = probe.evaluate()
    assert sure["ece"] > values["ece"] or sure["temperature"] > 10 * values["temperature"]
    diagram, counts, losses = (picture.payload["curves"] for picture in probe.pictures())
    assert len(diagram) == 3 and len(counts) == 2 and [curve["name"] for curve in losses][-1] == "test"


@torch.no_grad()
def test_rows_that_are_chosen_decide_the_temperature():
    data = Dataset(blobs(200, 0), blobs(200, 1), ("a", "b"), "builtin", "", {}, validation=blobs(200, 2))
    wrong = data._replace(train=data.train._replace(targets=1 - data.train.targets))
    net = nn.Linear(2, 2)
    net.weight.copy_(torch.tensor([[-1.0, -1.0], [1.0, 1.0]]))
    net.bias.copy_(torch.tensor([2.0, -2.0]))
    found = [
        build(fitted_on=rows)(classify.build()(context(wrong, {"model": net}))).evaluate()["temperature"]
        for rows in ("validation", "train")
    ]
    assert found[0] < 10 and found[1] > 100, "where all answers are wrong none may be sure"


def test_without_a_validation_row_there_is_no_temperature():
    empty = Split(torch.zeros(0, 2), torch.zeros(0, dtype=torch.long))
    data = Dataset(blobs(20, 0), blobs(20, 1), ("a", "b"), "builtin", "", {}, validation=empty)
    with pytest.raises(DltuiError, match="validation rows"):
        build()(classify.build()(context(data, {"model": nn.Linear(2, 2)})))
