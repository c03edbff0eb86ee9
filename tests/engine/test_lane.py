"""A lane's step: what a hand-written loop does, and what it does when memory or numbers fail."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.feed import epoch_order
from dltui.engine.lane import Lane, NonFiniteLoss
from dltui.engine.task import Objective
from dltui.errors import DltuiError, ExitStatus
from tests.engine.conftest import CPU


def weights(lane):
    return [p.detach().clone() for p in lane.nets["model"].parameters()]


def test_the_steps_are_those_of_a_loop_by_hand(recipe, data):
    lane = Lane("", recipe({"model.dropout": 0.0}), data, CPU)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    optimizer = torch.optim.Adam(net.parameters(), 0.01, fused=True)
    for epoch in range(3):
        for rows in epoch_order(256, 0, epoch).split(32):
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(net(data.train.inputs[rows]), data.train.targets[rows]).backward()
            optimizer.step()
            lane.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(lane), net.parameters(), strict=True))


def short_of_memory(lane, most):
    """Makes the lane's loss fail for more than `most` rows, as torch does when memory is short."""
    loss = lane.objectives[0].loss

    def limited(rows):
        if len(rows) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return loss(rows)

    lane.objectives = [Objective("loss", "model", limited)]


def test_out_of_memory_splits_the_batch_and_keeps_its_gradient(recipe, data):
    small, whole = (Lane("", recipe({"model.dropout": 0.0}), data, CPU) for _ in range(2))
    told = []
    small.tell = told.append
    short_of_memory(small, 9)
    losses = [(small.advance()["loss"], whole.advance()["loss"]) for _ in range(10)]
    assert small.pieces == 4 and "4 pieces" in told[-1]
    assert all(a == pytest.approx(b, rel=1e-5) for a, b in losses)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(weights(small), weights(whole), strict=True))


def test_one_row_too_many_gives_up_with_status_6(recipe, data):
    lane = Lane("", recipe(), data, CPU)
    short_of_memory(lane, 0)
    with pytest.raises(DltuiError, match="one row") as caught:
        lane.advance()
    assert caught.value.status == ExitStatus.DEVICE


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("on_device", [False, True])
def test_a_loss_that_is_not_finite_changes_no_weight(recipe, data, value, on_device):
    """On CUDA nobody waits for the loss: the fused optimizer must skip the update by itself, as it does here."""
    lane = Lane("", recipe({"model.dropout": 0.0}), data, CPU)
    lane.guard_on_device = on_device
    lane.advance()
    before = weights(lane)
    loss = lane.objectives[0].loss
    lane.objectives = [Objective("loss", "model", lambda rows: loss(rows) * value)]
    if on_device:
        lane.advance()
    else:
        with pytest.raises(NonFiniteLoss):
            lane.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(lane), before, strict=True))


def test_clipping_bounds_the_gradient(recipe, data):
    changes = {"train.clip": 1e-3, "optimizer.kind": "sgd", "optimizer.lr": 1.0}
    lane = Lane("", recipe(changes), data, CPU)
    before = weights(lane)
    lane.advance()
    moved = sum((a - b).square().sum() for a, b in zip(weights(lane), before, strict=True)).sqrt()
    assert moved == pytest.approx(1e-3, rel=1e-2)


def test_a_knob_turns_the_learning_rate(recipe, data):
    lane = Lane("", recipe({"optimizer.kind": "sgd"}), data, CPU)
    assert lane.knobs() == {"optimizer.lr": 0.01, "optimizer.momentum": 0.0, "optimizer.weight_decay": 0.0}
    lane.turn("optimizer.lr", 0.0)
    before = weights(lane)
    lane.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(lane), before, strict=True))


def test_a_knob_that_decides_nothing_is_none(recipe, data):
    """The threshold of a classifier counts with the logistic loss only."""
    knobs = {loss: Lane("", recipe({"task.loss": loss}), data, CPU).knobs() for loss in ("cross_entropy", "logistic")}
    assert "task.threshold" not in knobs["cross_entropy"] and knobs["logistic"]["task.threshold"] == 0.5


def test_a_schedule_moves_the_rate_and_the_knob_scales_it(recipe, data):
    """The knob is what the schedule's shares are of: turned in mid-run, the rest is that much higher."""
    lane = Lane("", recipe({"schedule.kind": "cosine", "train.steps": 40, "optimizer.lr": 0.02}), data, CPU)
    rates = [lane.advance()["lr"] for _ in range(10)]
    assert rates[0] == 0.02 and rates == sorted(rates, reverse=True) and len(set(rates)) == 10
    assert lane.optimizers["model"].param_groups[0]["lr"] == rates[-1]
    assert lane.knobs()["optimizer.lr"] == 0.02
    other = Lane("", recipe({"schedule.kind": "cosine", "train.steps": 40, "optimizer.lr": 0.02}), data, CPU)
    other.restore(*lane.state(), 10)
    lane.turn("optimizer.lr", 0.04)
    assert lane.knobs()["optimizer.lr"] == 0.04
    assert lane.advance()["lr"] == pytest.approx(2 * other.advance()["lr"])


def test_a_schedule_of_one_role_names_its_rate(recipe, data):
    changes = {"schedule.model.kind": "plateau", "schedule.model.windows": 30, "schedule.model.patience": 0}
    lane = Lane("", recipe({**changes, "train.steps": 60, "optimizer.lr": 1e-9}), data, CPU)
    rates = [lane.advance()["lr"] for _ in range(60)]
    assert rates[0] == 1e-9 and rates[-1] < 1e-10  # nothing is learnt at such a rate: the loss stands still
    assert "lr" not in Lane("", recipe(), data, CPU).advance()


def test_looking_aside_leaves_training_as_it_was(recipe, data):
    """Evaluation draws random numbers and switches dropout off; the next steps must not notice."""
    looked, undisturbed = (Lane("", recipe(), data, CPU) for _ in range(2))
    torch.manual_seed(5)
    for _ in range(5):
        undisturbed.advance()
    torch.manual_seed(5)
    for _ in range(5):
        looked.advance()
        with looked.aside():
            torch.rand(7)
            assert not looked.nets["model"].training
            list(looked.task.pictures())
        assert looked.nets["model"].training
    assert all(torch.equal(a, b) for a, b in zip(weights(looked), weights(undisturbed), strict=True))
