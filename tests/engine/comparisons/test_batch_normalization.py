"""The trial of batch normalisation: small batches, what goes into a unit, and nothing disturbed by looking."""

import pytest
import torch

from dltui.engine.comparisons.batch_normalization import METRICS, accuracy_together, build, quantiles
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.models import deep_mlp
from dltui.engine.tasks import classify
from tests.engine.conftest import blobs, context


@pytest.fixture
def tasks():
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    made = {}
    for place in ("none", "before", "after"):
        torch.manual_seed(0)
        options = {"width": 8, "depth": 1, "activation": "sigmoid", "initialisation": "torch"}
        net = deep_mlp.build(inputs=2, outputs=2, normalize=place, **options)
        made[place] = classify.build()(context(data, {"model": net}))
    return made


def trained(comparison, steps):
    optimizers = {name: torch.optim.SGD(task.net.parameters(), 1.0) for name, task in comparison.tasks.items()}
    for step in range(1, steps + 1):
        rows, losses = torch.randint(200, (32,)), {}
        for name, task in comparison.tasks.items():
            optimizers[name].zero_grad()
            loss = task.loss(rows)
            loss.backward()
            optimizers[name].step()
            losses[name] = {"loss": loss.item()}
        comparison.see_losses(losses)
        comparison.after_step(step)


@torch.no_grad()
def looked(comparison):
    for task in comparison.tasks.values():
        task.net.eval()
    found = comparison.evaluate(), {picture.pane: picture.payload for picture in comparison.pictures()}
    for task in comparison.tasks.values():
        task.net.train()
    return found


def test_it_races_and_measures_small_batches_where_there_is_a_normalisation(tasks):
    comparison = build(goal=0.5, watched=["none", "before"])(tasks)
    trained(comparison, 30)
    values, panes = looked(comparison)
    assert set(values["before"]) == set(METRICS) and set(values["none"]) == {"steps_to_goal"}
    assert 0 < values["before"]["steps_to_goal"] < 30
    assert list(panes) == ["race", "a unit", "at the test"]
    assert panes["race"]["curves"][1]["name"] == f"before: {values['before']['steps_to_goal']:.0f}"
    assert [curve["name"] for curve in panes["a unit"]["curves"]] == ["none", "before"]


def test_looking_changes_no_running_statistics(tasks):
    comparison = build()(tasks)
    trained(comparison, 5)
    net = tasks["before"].net
    before = {name: value.clone() for name, value in net.state_dict().items()}
    looked(comparison)
    assert net.training and all(torch.equal(net.state_dict()[name], value) for name, value in before.items())


def test_two_rows_together_lose_what_many_keep(tasks):
    """Of two rows each unit knows only which is the greater: what is known of a row alone is gone."""
    trained(build()(tasks), 60)
    task = tasks["before"]
    task.net.eval()
    with torch.no_grad():
        twos = [accuracy_together(task, 2) for _ in range(5)]
        assert max(twos) < accuracy_together(task, 100)


def test_what_goes_into_a_unit_is_shown_before_the_activation(tasks):
    task = tasks["none"]
    with torch.no_grad():
        h = torch.sigmoid(task.net.first(task.rows.train.inputs))
        expected = task.net.layers[0](h)[:, 0].quantile(torch.tensor([0.15, 0.5, 0.85]))
    assert torch.allclose(quantiles(task), expected, atol=1e-6) and task.net.training


def test_a_checkpoint_holds_the_race_and_the_unit(tasks):
    comparison, other = build()(tasks), build()(tasks)
    trained(comparison, 7)
    other.load_state_dict(comparison.state_dict())
    assert torch.equal(other.quantiles.values, comparison.quantiles.values) and len(other.race.values.steps) == 8
