"""The race: the step of arrival, how far each step reaches, and a mean loss that goes on after a divergence."""

import pytest
import torch

from dltui.engine.comparisons.race import EVERY, KEPT, METRICS, build
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.models import mlp
from dltui.engine.tasks import classify
from tests.engine.conftest import blobs, context

NAMES = ("slow", "quick", "still")


@pytest.fixture
def tasks():
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    made = {}
    for name in NAMES:
        torch.manual_seed(0)
        made[name] = classify.build()(context(data, {"model": mlp.build(inputs=2, outputs=2, hidden=[8])}))
    return made


def trained(race, rates, steps, first=1):
    """Takes steps of SGD with each variant's rate."""
    optimizers = {name: torch.optim.SGD(task.net.parameters(), rates[name]) for name, task in race.tasks.items()}
    for step in range(first, first + steps):
        losses = {}
        for name, task in race.tasks.items():
            optimizers[name].zero_grad()
            loss = task.loss(torch.arange(32))
            loss.backward()
            optimizers[name].step()
            losses[name] = {"loss": loss.item()}
        race.see_losses(losses)
        race.after_step(step)
    return losses


@torch.no_grad()
def shown(race):
    return race.evaluate(), {picture.pane: picture.payload for picture in race.pictures()}


def test_the_length_is_that_of_the_step(tasks):
    """Guards the moment of looking: before the step and after it, not a step later."""
    race = build(step_lengths=True)(tasks)
    trained(race, {"slow": 0.1, "quick": 0.2, "still": 0.0}, 1)
    slow, quick, still = race.lengths.values[1].tolist()
    assert quick == pytest.approx(2 * slow, rel=1e-4) and still == 0 and slow > 0


def test_a_resumed_race_measures_its_next_step_alone(tasks):
    rates = {"slow": 0.1, "quick": 0.2, "still": 0.0}
    race = build(step_lengths=True)(tasks)
    trained(race, rates, 3)
    resumed = build(step_lengths=True)(tasks)
    resumed.load_state_dict(race.state_dict())
    weights = {name: {k: v.clone() for k, v in task.net.state_dict().items()} for name, task in tasks.items()}
    trained(race, rates, 2, first=4)
    for name, task in tasks.items():
        task.net.load_state_dict(weights[name])
    trained(resumed, rates, 2, first=4)
    assert len(resumed.lengths.steps) == 6
    kept, want = resumed.state_dict(), race.state_dict()
    assert all(torch.equal(kept[name].nan_to_num(), want[name].nan_to_num()) for name in want)


def test_who_arrives_stands_first_and_keeps_its_step(tasks):
    race = build(goal=0.88, notes_title="keeps", notes=["a", "b", "c"])(tasks)
    trained(race, {"slow": 0.0, "quick": 1.0, "still": 0.0}, 60)
    values, panes = shown(race)
    assert list(panes) == ["race", "table"] and all(set(of) == set(METRICS) for of in values.values())
    arrived, accuracies = int(values["quick"]["steps_to_goal"]), race.values.values[:, 1]
    assert arrived < 60 and arrived % EVERY == 0
    assert accuracies[arrived // EVERY] >= 0.88 and (accuracies[: arrived // EVERY] < 0.88).all()
    rows = panes["table"]["rows"]
    assert rows[0][:2] == ["quick", str(arrived)] and rows[0][3] == "b" and [row[1] for row in rows[1:]] == ["-"] * 2
    assert values["still"]["steps_to_goal"] == 60


def test_a_race_of_losses_goes_by_their_running_mean(tasks):
    race = build(metric="loss", goal=0.5)(tasks)
    for step, loss in enumerate((1.0, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 1):
        race.see_losses({"slow": {"loss": 1.0}, "quick": {"loss": loss}})  # still has diverged
        race.after_step(step)
    means = [1.0]
    for loss in (0.4, *[0.1] * 8):
        means.append(KEPT * means[-1] + (1 - KEPT) * loss)
    assert race.values.values[1:, 1].tolist() == pytest.approx(means, rel=1e-5)
    values, panes = shown(race)
    arrived = next(step for step, mean in enumerate(means, 1) if mean <= 0.5)
    assert values["quick"]["steps_to_goal"] == arrived and values["slow"]["steps_to_goal"] == 10
    names = [curve["name"] for curve in panes["race"]["curves"]]
    assert names == ["slow", f"quick: {arrived}", "still", "target 0.5"] and list(panes) == ["race"]
