"""The history: a tree without loose ends, and counts that a second way of counting and the papers confirm."""

import pytest
import torch

from dltui.engine.algorithms.imagenet_history import IDEAS, METRICS, Net, alexnet, build, counted, leading_to, nets
from dltui.engine.metrics.operations import layer_costs
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def history():
    return build()(context())


def test_the_tree_has_no_loose_ends_and_time_runs_one_way():
    """An idea stands on earlier ones, which are named as they are; names are unique and fit a node."""
    known = {}
    for idea in IDEAS:
        assert all(known[name] <= idea.year for name in idea.after), idea
        assert idea.name not in known and len(idea.name) <= 8
        known[idea.name] = idea.year
    assert [idea.year for idea in IDEAS] == sorted(idea.year for idea in IDEAS)
    assert set(nets(2)) <= set(known)


def test_an_idea_is_drawn_with_what_it_stands_on_two_generations_back():
    shown = leading_to(IDEAS[: [idea.name for idea in IDEAS].index("LeNet-5") + 1])
    assert [idea.name for idea in shown] == ["Hubel-W", "Minsky-P", "Neocogn", "Backprop", "LeNet-5"]
    assert all(len(leading_to(IDEAS[:step])) <= 7 for step in range(1, len(IDEAS) + 1)), "no room in a pane"


def test_operations_by_layers_are_those_of_torchs_counter(history):
    for name in history.nets:
        count = history.count(name)
        assert count.operations == count.by_torch > count.weights / 10, name


@pytest.mark.parametrize(
    ("name", "layers", "millions"), [("AlexNet", 8, 724.4), ("VGG-16", 16, 15_470), ("DenseNet", 121, 2834)]
)
def test_some_counts_that_are_known(history, name, layers, millions):
    assert history.count(name).layers == layers
    assert history.count(name).operations / 1e6 == pytest.approx(millions, rel=1e-4)


def test_alexnet_has_the_layers_of_figure_2():
    with torch.device("meta"):
        costs = layer_costs(alexnet(2).eval(), torch.empty(1, 3, 227, 227))
    maps = [(96, 55, 55), (256, 27, 27), (384, 13, 13), (384, 13, 13), (256, 13, 13)]
    assert [cost.shape for cost in costs] == [*maps, (4096,), (4096,), (1000,)]
    assert sum(cost.weights for cost in costs) == 60_965_224


def test_a_net_of_another_build_is_not_as_published(history):
    assert all(history.as_published(name) for name in history.nets)
    other = build(towers=1)(context())
    assert not other.as_published("AlexNet")
    step = [idea.name for idea in IDEAS].index("AlexNet") + 1
    assert [h.at(step).metrics["as_published"] for h in (history, other)] == [2, 1]


def test_a_layer_that_is_passed_twice_is_counted_twice_by_both():
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x):
            return self.layer(self.layer(x))

    count = counted(Net(Twice, 3, 8, 84, 1))
    assert (count.weights, count.operations, count.by_torch) == (84, 2 * 64 * 81, 2 * 64 * 81)


def test_each_step_shows_one_idea_more(history):
    seen = [history.at(step) for step in range(history.length + 1)]
    for step, moment in enumerate(seen):
        panes = {picture.pane: picture.payload for picture in moment.pictures}
        assert list(panes) == ["ideas", "top-5 error", "nets", "years"][: 4 if moment.metrics["nets"] else 2]
        assert set(moment.metrics) <= set(METRICS)
        assert sum(node.get("lit", False) for node in panes["ideas"]["nodes"]) == 1
        newest = IDEAS[max(1, step) - 1]
        assert panes["ideas"]["title"] == f"{newest.year}, {newest.name}"
        if "years" in panes:
            assert [row[1] for row in reversed(panes["years"]["rows"])] == [idea.name for idea in IDEAS[:step]]
    last = {picture.pane: picture.payload for picture in seen[-1].pictures}
    assert last["top-5 error"]["labels"][-1] == "person" and list(last["top-5 error"]["hollow"]) == [7]
    assert set(seen[-1].metrics) == set(METRICS) and seen[-1].metrics["nets"] == len(history.nets)
