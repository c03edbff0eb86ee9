"""All variants as one ensemble: the average is measured beside its members, and every member is drawn."""

import pytest
import torch

from dltui.engine.comparisons.ensemble import METRICS, build
from dltui.engine.models import mlp
from dltui.engine.tasks import classify
from tests.engine.conftest import context


@pytest.fixture
def tasks(data):
    made = {}
    for seed in range(4):
        torch.manual_seed(seed)
        made[f"n{seed}"] = classify.build()(context(data, {"model": mlp.build(inputs=2, hidden=[6], outputs=2)}))
    return made


@torch.no_grad()
def test_measures_are_of_the_average_and_of_the_members(tasks, data):
    found = build()(tasks).evaluate()
    values, targets = found[""], data.test.targets
    assert set(found) == {""} and set(values) == set(METRICS)
    members = [task.net(data.test.inputs) for task in tasks.values()]
    right = [(logits.argmax(1) == targets).float().mean().item() for logits in members]
    assert values["mean_accuracy"] == pytest.approx(sum(right) / 4)
    assert values["best_accuracy"] == pytest.approx(max(right))
    mean = torch.stack([logits.softmax(1) for logits in members]).mean(0)
    assert values["ensemble_accuracy"] == pytest.approx((mean.argmax(1) == targets).float().mean().item())
    assert values["ensemble_loss"] < values["mean_loss"]
    unlike = torch.stack([logits.argmax(1) != members[0].argmax(1) for logits in members]).any(0)
    assert values["disagreement"] == pytest.approx(unlike.float().mean().item())


@torch.no_grad()
def test_every_member_is_drawn(tasks):
    average, members, teams = (picture.payload for picture in build()(tasks).pictures())
    assert average["type"] == "field" and len(members["captions"]) == 4
    cells = torch.as_tensor(members["pixels"]).view(members["rows"], 64, members["columns"], 96, 3)
    assert not torch.equal(cells[0, :, 0], cells[0, :, 1])
    assert teams["curves"][0]["x"] == [1, 2, 3, 4]
