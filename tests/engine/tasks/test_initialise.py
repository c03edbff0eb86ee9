"""Five ways to begin: what stands still, what stays alike, and what reaches the last layer."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import deep_mlp
from dltui.engine.tasks.initialise import METRICS, MODELS, build, different, spreads
from tests.engine.conftest import CPU


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return Split(torch.randn(count, 64, generator=generator), torch.randint(0, 3, (count,), generator=generator))


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = Dataset(rows(128, 0), rows(32, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 64, "classes": 3})
    nets = {role: deep_mlp.build(width=128, depth=6, outputs=3) for role in MODELS}
    return build()(data, nets, CPU)


def measured(task):
    with torch.no_grad():
        return task.evaluate()


def test_only_he_brings_relus_to_the_last_layer_undiminished(task):
    found = measured(task)
    assert set(found) < set(METRICS)
    assert found["spread_zeros"] == 0 and found["spread_normal"] < 1e-4 < found["spread_xavier"] < 0.3
    assert 0.5 < found["spread_he"] < 2 and found["uneven_he"] < 2


def test_training_leaves_zeros_at_zero_and_the_units_of_a_constant_alike(task):
    for _ in range(20):
        for objective in task.objectives():
            net = task.nets[objective.role]
            net.zero_grad()
            objective.loss(torch.arange(64)).backward()
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter -= 0.1 * parameter.grad
    found = measured(task)
    assert found["moved_zeros"] == 0 and task.nets["zeros"].head.bias.abs().max() > 0
    assert found["units_zeros"] == found["units_constant"] == 1 < found["units_he"]
    assert task.nets["constant"].head.weight.std() > 0  # it did learn something


def test_a_weight_of_zeros_that_moved_would_be_seen(task):
    with torch.no_grad():
        task.nets["zeros"].layers[2].weight[1, 0] = -0.5
    assert measured(task)["moved_zeros"] == 0.5


def test_alike_means_up_to_a_scale_of_rounding_whatever_the_size():
    hidden = torch.tensor([[1.0, 1.0, 2.0, 0.0], [3.0, 3.0, 1.0, 0.0]])
    assert different(hidden) == 3 == different(1e-12 * hidden)
    assert different(hidden + 1e-6 * torch.arange(4.0)) == 3


def test_the_spread_is_that_of_all_rows_and_units():
    assert spreads([torch.tensor([[0.0, 2.0], [0.0, 2.0]]), torch.full((2, 2), 7.0)]).tolist() == [1.0, 0.0]


def test_the_start_stays_in_sight(task):
    with torch.no_grad():
        task.nets["he"].first.weight.mul_(10)
        now, start, gradients, numbers = (picture.payload for picture in task.pictures())
    curves = {picture["y_title"]: [curve["name"] for curve in picture["curves"]] for picture in (now, start, gradients)}
    assert all(names == list(MODELS) for names in curves.values())
    he_now, he_start = now["curves"][-1]["y"], start["curves"][-1]["y"]
    assert he_now[0] == he_start[0] and he_now[1] == pytest.approx(10 * he_start[1])
    assert len(gradients["curves"][0]["y"]) == 8 and len(numbers["rows"]) == 5
