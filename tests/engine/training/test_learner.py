"""A learner's step: what a hand-written loop does, and what it does when memory or numbers fail."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.batch_sampler import epoch_order
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Objective
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.errors import DltuiError, ExitStatus
from tests.engine.conftest import CPU


def weights(learner):
    return [p.detach().clone() for p in learner.nets["model"].parameters()]


def test_the_steps_are_those_of_a_loop_by_hand(recipe, data):
    learner = Learner("", recipe({"model.dropout": 0.0}), Rows(data, CPU), CPU)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    optimizer = torch.optim.Adam(net.parameters(), 0.01, fused=True)
    for epoch in range(3):
        for rows in epoch_order(256, 0, epoch).split(32):
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(net(data.train.inputs[rows]), data.train.targets[rows]).backward()
            optimizer.step()
            learner.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(learner), net.parameters(), strict=True))


def short_of_memory(learner, most):
    """Makes the learner's loss fail for more than `most` rows, as torch does when memory is short."""
    loss = learner.objectives[0].loss

    def limited(rows):
        if len(rows) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return loss(rows)

    learner.objectives = [Objective("loss", "model", limited)]


def test_out_of_memory_splits_the_batch_and_keeps_its_gradient(recipe, data):
    small, whole = (Learner("", recipe({"model.dropout": 0.0}), Rows(data, CPU), CPU) for _ in range(2))
    told = []
    small.tell = told.append
    short_of_memory(small, 9)
    losses = [(small.advance()["loss"], whole.advance()["loss"]) for _ in range(10)]
    assert small.pieces == 4 and "4 pieces" in told[-1]
    assert all(a == pytest.approx(b, rel=1e-5) for a, b in losses)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(weights(small), weights(whole), strict=True))


def test_one_row_too_many_gives_up_with_status_6(recipe, data):
    learner = Learner("", recipe(), Rows(data, CPU), CPU)
    short_of_memory(learner, 0)
    with pytest.raises(DltuiError, match="one row") as caught:
        learner.advance()
    assert caught.value.status == ExitStatus.DEVICE


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("on_device", [False, True])
def test_a_loss_that_is_not_finite_changes_no_weight(recipe, data, value, on_device):
    """On CUDA nobody waits for the loss: the fused optimizer must skip the update by itself, as it does here."""
    learner = Learner("", recipe({"model.dropout": 0.0}), Rows(data, CPU), CPU)
    learner.guard_on_device = on_device
    learner.advance()
    before = weights(learner)
    loss = learner.objectives[0].loss
    learner.objectives = [Objective("loss", "model", lambda rows: loss(rows) * value)]
    if on_device:
        learner.advance()
    else:
        with pytest.raises(NonFiniteLoss):
            learner.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(learner), before, strict=True))


def test_clipping_bounds_the_gradient(recipe, data):
    changes = {"train.clip": 1e-3, "optimizer.kind": "sgd", "optimizer.lr": 1.0}
    learner = Learner("", recipe(changes), Rows(data, CPU), CPU)
    before = weights(learner)
    learner.advance()
    moved = sum((a - b).square().sum() for a, b in zip(weights(learner), before, strict=True)).sqrt()
    assert moved == pytest.approx(1e-3, rel=1e-2)


def test_a_knob_turns_the_learning_rate(recipe, data):
    learner = Learner("", recipe({"optimizer.kind": "sgd"}), Rows(data, CPU), CPU)
    own = {"optimizer.lr": 0.01, "optimizer.momentum": 0.0, "optimizer.weight_decay": 0.0}
    assert learner.knobs() == {"model.dropout": 0.2} | own
    learner.turn("optimizer.lr", 0.0)
    before = weights(learner)
    learner.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(learner), before, strict=True))


def test_a_knob_that_decides_nothing_is_none(recipe, data):
    """The threshold of a classifier counts with the logistic loss only."""
    knobs = {
        loss: Learner("", recipe({"loss.kind": loss}), Rows(data, CPU), CPU).knobs()
        for loss in ("cross_entropy", "binary_cross_entropy")
    }
    assert "task.threshold" not in knobs["cross_entropy"] and knobs["binary_cross_entropy"]["task.threshold"] == 0.5


def test_a_schedule_moves_the_rate_and_the_knob_scales_it(recipe, data):
    """The knob is what the schedule's shares are of: turned in mid-run, the rest is that much higher."""
    learner = Learner(
        "", recipe({"schedule.kind": "cosine", "train.steps": 40, "optimizer.lr": 0.02}), Rows(data, CPU), CPU
    )
    rates = [learner.advance()["lr"] for _ in range(10)]
    assert rates[0] == 0.02 and rates == sorted(rates, reverse=True) and len(set(rates)) == 10
    assert learner.optimizers["model"].param_groups[0]["lr"] == rates[-1]
    assert learner.knobs()["optimizer.lr"] == 0.02
    other = Learner(
        "", recipe({"schedule.kind": "cosine", "train.steps": 40, "optimizer.lr": 0.02}), Rows(data, CPU), CPU
    )
    other.restore(*learner.state(), 10)
    learner.turn("optimizer.lr", 0.04)
    assert learner.knobs()["optimizer.lr"] == 0.04
    assert learner.advance()["lr"] == pytest.approx(2 * other.advance()["lr"])


def test_a_schedule_of_one_role_names_its_rate(recipe, data):
    changes = {"schedule.model.kind": "plateau", "schedule.model.windows": 30, "schedule.model.patience": 0}
    learner = Learner("", recipe({**changes, "train.steps": 60, "optimizer.lr": 1e-9}), Rows(data, CPU), CPU)
    rates = [learner.advance()["lr"] for _ in range(60)]
    assert rates[0] == 1e-9 and rates[-1] < 1e-10  # nothing is learnt at such a rate: the loss stands still
    assert "lr" not in Learner("", recipe(), Rows(data, CPU), CPU).advance()


def test_looking_aside_leaves_training_as_it_was(recipe, data):
    """Evaluation draws random numbers and switches dropout off; the next steps must not notice."""
    looked, undisturbed = (Learner("", recipe(), Rows(data, CPU), CPU) for _ in range(2))
    torch.manual_seed(5)
    for _ in range(5):
        undisturbed.advance()
    torch.manual_seed(5)
    for _ in range(5):
        looked.advance()
        with looked.evaluation_mode():
            torch.rand(7)
            assert not looked.nets["model"].training
            list(looked.pictures())
        assert looked.nets["model"].training
    assert all(torch.equal(a, b) for a, b in zip(weights(looked), weights(undisturbed), strict=True))
