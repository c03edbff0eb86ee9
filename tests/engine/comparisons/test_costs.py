"""The costs of variants: sums over the layers, by parts, beside the accuracies."""

import pytest
import torch

from dltui.engine.comparisons.costs import METRICS, build
from dltui.engine.data import digits
from dltui.engine.metrics.operations import layer_costs
from dltui.engine.models import mobilenet
from dltui.engine.tasks import classify
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def tasks():
    data = digits.build().builtin()
    nets = {
        name: mobilenet.build(separable=name == "separable", width=4, channels=1) for name in ("plain", "separable")
    }
    return {name: classify.build()(context(data, {"model": net.eval()})) for name, net in nets.items()}


def drawn(comparison):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in comparison.pictures()}


def test_what_a_variant_costs_is_the_sum_over_its_layers(tasks):
    for name, values in build()(tasks).evaluate().items():
        net = tasks[name].net
        assert set(values) == set(METRICS)
        assert values["weights"] == sum(p.numel() for p in net.parameters())
        assert values["operations"] == sum(cost.operations for cost in layer_costs(net, torch.rand(1, 1, 8, 8)))


@pytest.mark.parametrize("cost", ["weights", "operations"])
def test_the_bars_of_a_variant_make_up_its_whole(tasks, cost):
    """Each layer stands in one bar: none is lost, and none counted twice; bars of a part stand beside one another."""
    bars = drawn(build(cost=cost)(tasks))[cost]
    for name, task in tasks.items():
        want = sum(getattr(layer, cost) for layer in layer_costs(task.net, torch.rand(1, 1, 8, 8)))
        found = [v for label, v in zip(bars["labels"], bars["values"], strict=True) if label.endswith(f" {name}")]
        assert sum(found) == want
    parts = [label.split(" ")[0] for label in bars["labels"]]
    assert parts[::2] == parts[1::2] == list(dict.fromkeys(parts))


def test_only_the_variants_that_are_watched_have_bars_and_all_are_in_the_table(tasks):
    pictures = drawn(build(watched=["plain"], timed=True)(tasks))
    assert all(label.endswith(" plain") for label in pictures["operations"]["labels"])
    table = pictures["costs"]
    assert [row[0] for row in table["rows"]] == ["plain", "separable"]
    assert len(table["columns"]) == len(table["rows"][0]) == 5 and float(table["rows"][0][3]) > 0
