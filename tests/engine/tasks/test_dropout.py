"""Dropout in training, every unit at the test; and the picture of who is silent."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.models import mlp
from dltui.engine.tasks import dropout
from tests.engine.conftest import CPU


@pytest.fixture
def made(data):
    def make(rate, hidden=(30, 20)):
        torch.manual_seed(0)
        nets = {"model": mlp.build(inputs=2, hidden=list(hidden), outputs=2)}
        return dropout.build(rate=rate)(data, nets, CPU)

    return make


def test_the_training_loss_is_that_of_torchs_dropout_after_each_activation(made):
    """Guards where units fall silent: after every activation, and neither before it nor in the input or the head."""
    task, rows = made(0.5), torch.arange(64)
    first, second = (block for block in task.net.layers if isinstance(block, nn.Linear))
    theirs = nn.Sequential(first, nn.ReLU(), nn.Dropout(0.5), second, nn.ReLU(), nn.Dropout(0.5), task.net.head)
    torch.manual_seed(3)
    draws = [task.loss(rows).item() for _ in range(400)]
    wanted = [cross_entropy(theirs(task.inputs[rows]), task.targets[rows]).item() for _ in range(400)]
    means = [torch.tensor(values).mean().item() for values in (draws, wanted)]
    spread = torch.tensor(wanted).std().item()
    assert means[0] == pytest.approx(means[1], abs=0.3 * spread)
    assert torch.tensor(draws).std().item() == pytest.approx(spread, rel=0.2)


def test_at_the_test_nobody_is_silent(made):
    task = made(0.9)
    with torch.no_grad():
        values = task.evaluate()
        assert values["test_loss"] == pytest.approx(
            cross_entropy(task.net(task.test_inputs), task.test_targets).item(), rel=1e-6
        )
    assert values["gap"] == pytest.approx(values["test_loss"] - values["train_loss"], abs=1e-7)
    assert set(values) < set(dropout.METRICS)


def test_silent_units_are_red_and_others_at_the_next_look(made):
    task = made(0.5, hidden=[36])

    def red():
        with torch.no_grad():
            payload = next(task.pictures()).payload
        cells = torch.as_tensor(payload["pixels"]).view(2, 6, 3, 6, 3).transpose(1, 2).reshape(6, 36, 3)
        return payload["captions"], cells[:, :, 0] > cells[:, :, 2]

    captions, first = red()
    assert [caption.partition(":")[0] for caption in captions] == ["1", "2", "test", "3", "4", "5"]
    assert not first[2].any() and all(8 <= first[k].sum() <= 28 for k in (0, 1, 3, 4, 5))
    assert not torch.equal(first[0], first[1])
    task.after_step()
    assert not torch.equal(first, red()[1])


def test_the_rate_is_a_knob(made):
    task, rows = made(0.5), torch.arange(64)
    task.rate = 0.0
    assert task.loss(rows).item() == pytest.approx(
        cross_entropy(task.net(task.inputs[rows]), task.targets[rows]).item()
    )


def test_without_a_hidden_layer_there_is_nobody_to_silence(made):
    with torch.no_grad():
        panes = [picture.pane for picture in made(0.5, hidden=()).pictures()]
    assert "silenced" not in panes and panes
