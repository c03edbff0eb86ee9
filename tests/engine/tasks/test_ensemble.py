"""The ensemble: its loss, its measures, and whose rows each member is trained on."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.models import several_mlps
from dltui.engine.tasks import ensemble
from tests.engine.conftest import CPU


@pytest.fixture
def made(data):
    def make(**options):
        torch.manual_seed(0)
        nets = {"model": several_mlps.build(members=4, inputs=2, hidden=[6], outputs=2)}
        return ensemble.build(**options)(data, nets, CPU)

    return make


@pytest.mark.parametrize("own_rows", [False, True])
def test_a_member_is_trained_on_its_own_rows(made, own_rows):
    task, rows = made(bootstrap=own_rows), torch.arange(20)
    losses = [
        cross_entropy(net(task.inputs[own[rows]]), task.targets[own[rows]])
        for net, own in zip(task.net.members, task.own.rows, strict=True)
    ]
    assert task.loss(rows).item() == pytest.approx(torch.stack(losses).mean().item(), rel=1e-5)
    assert torch.equal(task.own.rows[0], torch.arange(task.rows)) is not own_rows


def test_measures_are_of_the_average_and_of_the_members(made):
    task = made()
    with torch.no_grad():
        values = task.evaluate()
        members = [net(task.test_inputs) for net in task.net.members]
    right = [(logits.argmax(1) == task.test_targets).float().mean().item() for logits in members]
    assert values["mean_accuracy"] == pytest.approx(sum(right) / 4)
    assert values["best_accuracy"] == pytest.approx(max(right))
    mean = torch.stack([logits.softmax(1) for logits in members]).mean(0)
    assert values["accuracy"] == pytest.approx((mean.argmax(1) == task.test_targets).float().mean().item())
    assert values["test_loss"] < values["mean_test_loss"]
    assert set(values) < set(ensemble.METRICS)


def test_every_member_is_drawn(made):
    with torch.no_grad():
        average, members, teams = (picture.payload for picture in made().pictures())
    assert average["type"] == "field" and len(members["captions"]) == 4
    cells = torch.as_tensor(members["pixels"]).view(members["rows"], 64, members["columns"], 96, 3)
    assert not torch.equal(cells[0, :, 0], cells[0, :, 1])
    assert teams["curves"][0]["x"] == [1, 2, 3, 4]
