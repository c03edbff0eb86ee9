"""Early stopping: the least loss is kept, the patience counts from it, and what comes after changes nothing."""

import torch
from torch import nn

from dltui.engine.algorithms.early_stopping import EarlyStopping


def shown(losses, patience):
    """The stopping after these losses at steps 1, 2 ...; the net's weight is its step."""
    net = nn.Linear(1, 1)
    stopping = EarlyStopping(net, patience)
    stops = []
    for step, loss in enumerate(losses, 1):
        nn.init.constant_(net.weight, step)
        stops.append(stopping.update(step, loss, net))
    return stopping, stops


def test_the_best_weights_come_back_and_not_the_last():
    stopping, stops = shown([5, 3, 4, 2, 6, 7], patience=9)
    assert stopping.best.weight.item() == stopping.best_step == 4 and stopping.v == 2
    assert not any(stops)


def test_the_patience_begins_anew_at_each_best():
    """Steps 3 and 5 are without a new best; only two in a row are too many."""
    stopping, stops = shown([5, 3, 4, 2, 6, 2, 9], patience=2)
    assert stops == [False] * 5 + [True] * 2
    assert stopping.stopped_step == 6 and stopping.best_step == 4


def test_what_comes_after_the_stop_is_not_taken():
    stopping, stops = shown([5, 6, 6, 1], patience=2)
    assert stops[-1] and stopping.best.weight.item() == 1 and stopping.v == 5


def test_the_copy_is_not_trained_and_not_tied():
    stopping, _ = shown([1.0], patience=2)
    assert not any(weight.requires_grad for weight in stopping.parameters())


def test_a_checkpoint_holds_it():
    stopping, _ = shown([5, 3, 4], patience=2)
    other = EarlyStopping(nn.Linear(1, 1), 2)
    other.load_state_dict(stopping.state_dict())
    assert other.update(4, 3.5, nn.Linear(1, 1)) and torch.equal(other.best.weight, stopping.best.weight)
