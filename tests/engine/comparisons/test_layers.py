"""What reaches each layer: from five first weights, and gradients as backward() leaves them."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.comparisons.layers import METRICS, build, distinct, grad_norms, stds
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import deep_mlp
from dltui.engine.tasks import classify
from tests.engine.conftest import context


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return Split(torch.randn(count, 64, generator=generator), torch.randint(0, 3, (count,), generator=generator))


def tasks_of(variants):
    data = Dataset(rows(128, 0), rows(32, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 64, "classes": 3})
    tasks = {}
    for name, options in variants.items():
        torch.manual_seed(0)
        tasks[name] = classify.build()(context(data, {"model": deep_mlp.build(outputs=3, **options)}))
    return tasks


@pytest.fixture
def begun():
    names = ("zeros", "constant", "normal", "xavier", "he")
    return tasks_of({name: {"width": 128, "depth": 6, "initialisation": name} for name in names})


@pytest.fixture
def deep():
    kinds = {name: {"activation": name} for name in ("sigmoid", "tanh", "relu")}
    return tasks_of(kinds | {"skip": {"activation": "sigmoid", "skip": True}})


@torch.no_grad()
def measured(comparison):
    return comparison.evaluate()


@torch.no_grad()
def drawn(comparison):
    return {picture.pane: picture.payload for picture in comparison.pictures()}


# -- activations -------------------------------------------------------------------------------------------------------


def test_only_he_brings_relus_to_the_last_layer_undiminished(begun):
    found = measured(build()(begun))
    assert {name for values in found.values() for name in values} | {"grad_norm_ratio"} == set(METRICS)
    ratio = {name: values["layer_std_ratio"] for name, values in found.items()}
    assert ratio["zeros"] == 0 and ratio["normal"] < 1e-4 < ratio["xavier"] < 0.3
    assert 0.5 < ratio["he"] < 2 and found["he"]["max_std_factor"] < 2 and "max_std_factor" not in found["zeros"]


def test_training_leaves_zeros_at_zero_and_the_units_of_a_constant_alike(begun):
    comparison = build()(begun)
    for _ in range(20):
        for task in begun.values():
            task.net.zero_grad()
            task.loss(torch.arange(64)).backward()
            with torch.no_grad():
                for parameter in task.net.parameters():
                    parameter -= 0.1 * parameter.grad
    found = measured(comparison)
    assert found["zeros"]["max_weight_change"] == 0 and begun["zeros"].net.head.bias.abs().max() > 0
    assert found["zeros"]["distinct_units"] == found["constant"]["distinct_units"] == 1 < found["he"]["distinct_units"]
    assert begun["constant"].net.head.weight.std() > 0  # it did learn something


def test_a_weight_of_zeros_that_moved_would_be_seen(begun):
    comparison = build()(begun)
    with torch.no_grad():
        begun["zeros"].net.layers[2].weight[1, 0] = -0.5
    assert measured(comparison)["zeros"]["max_weight_change"] == 0.5


def test_alike_means_up_to_a_scale_of_rounding_whatever_the_size():
    hidden = torch.tensor([[1.0, 1.0, 2.0, 0.0], [3.0, 3.0, 1.0, 0.0]])
    assert distinct(hidden) == 3 == distinct(1e-12 * hidden)
    assert distinct(hidden + 1e-6 * torch.arange(4.0)) == 3


def test_the_deviation_is_that_of_all_rows_and_units():
    assert stds([torch.tensor([[0.0, 2.0], [0.0, 2.0]]), torch.full((2, 2), 7.0)]).tolist() == [1.0, 0.0]


def test_the_start_stays_in_sight(begun):
    comparison = build()(begun)
    with torch.no_grad():
        begun["he"].net.first.weight.mul_(10)
    panes = drawn(comparison)
    assert list(panes) == ["activations", "at the start", "gradients", "numbers"]
    now, start, gradients, numbers = panes.values()
    for picture in (now, start, gradients):
        assert [curve["name"] for curve in picture["curves"]] == list(begun)
    he_now, he_start = now["curves"][-1]["y"], start["curves"][-1]["y"]
    assert he_now[0] == he_start[0] and he_now[1] == pytest.approx(10 * he_start[1])
    assert len(gradients["curves"][0]["y"]) == 8 and len(numbers["rows"]) == 5


# -- gradients ---------------------------------------------------------------------------------------------------------


def test_norms_are_those_that_backward_leaves(deep):
    """Guards the order of the layers: the first is the one nearest to the input."""
    task, train = deep["relu"], deep["relu"].rows.train
    cross_entropy(task.net(train.inputs), train.targets).backward()
    expected = [layer.weight.grad.norm().item() for layer in task.net.linear]
    assert grad_norms(task, task.net).tolist() == pytest.approx(expected, rel=1e-4)


def test_sigmoid_loses_the_gradient_and_skip_connections_keep_it(deep):
    """Guards the skip: without `h +` it is the sigmoid's net, and its ratio 10^-19."""
    found = measured(build(activations=False)(deep))
    assert all(set(values) == {"grad_norm_ratio"} for values in found.values())
    assert found["sigmoid"]["grad_norm_ratio"] < 1e-12 < 0.01 < found["skip"]["grad_norm_ratio"]
    norms = grad_norms(deep["skip"], deep["skip"].net)
    assert found["skip"]["grad_norm_ratio"] == pytest.approx((norms[1] / norms[30]).item())  # the equal layers alone


def test_each_layer_of_sigmoids_leaves_less(deep):
    comparison = build(activations=False, deepest=30)(deep)
    ratios = [math.log10(value) for value in comparison.untrained["sigmoid"]]
    per_layer = (ratios[-1] - ratios[0]) / (comparison.depths[-1] - comparison.depths[0])
    assert comparison.depths[0] == 2 and comparison.depths[-1] == 30
    assert per_layer < math.log10(0.25) + 0.1  # no sigmoid is steeper than 1/4


def test_every_net_is_drawn_over_layers_and_over_depths_and_draws_no_random_number_of_the_training(deep):
    torch.manual_seed(3)
    comparison = build(activations=False, deepest=6)(deep)
    panes = drawn(comparison)
    after = torch.rand(())
    torch.manual_seed(3)
    assert after == torch.rand(())
    assert list(panes) == ["gradients", "depths"]
    assert all([curve["name"] for curve in picture["curves"]] == list(deep) for picture in panes.values())
    assert all(len(curve["x"]) == 32 for curve in panes["gradients"]["curves"])
