"""The gap; the least validation loss is kept, the patience counts from it, what comes after changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.rows import Rows
from dltui.engine.models import mlp
from dltui.engine.probes.generalization_gap import METRICS, Stopping, build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import CPU, context


def shown(losses, patience):
    """The stopping after these losses at steps 1, 2 ...; the net's weight is its step."""
    net = nn.Linear(1, 1)
    stopping = Stopping(net, patience)
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
    other = Stopping(nn.Linear(1, 1), 2)
    other.load_state_dict(stopping.state_dict())
    assert other.update(4, 3.5, nn.Linear(1, 1)) and torch.equal(other.best.weight, stopping.best.weight)


# -- the probe ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def probe(data):
    torch.manual_seed(0)
    nets, rows = {"model": mlp.build(inputs=2, hidden=[8], outputs=2)}, Rows(data, CPU).with_validation(0.25)
    return build(every=5, patience=20)(classify.build()(context(nets=nets)._replace(rows=rows)))


def trained(probe, first, last):
    """Takes the steps first..last."""
    optimizer = torch.optim.SGD(probe.task.net.parameters(), 0.5)
    for step in range(first, last + 1):
        optimizer.zero_grad()
        probe.task.loss(torch.arange(32)).backward()
        optimizer.step()
        probe.after_step(step)
    return probe


def measured(probe):
    with torch.no_grad():
        return probe.evaluate()


def test_the_copy_is_of_the_least_validation_loss_that_was_seen(probe):
    values, seen = measured(trained(probe, 1, 60)), probe.losses
    least = seen.values[:, 1].argmin()
    assert values["best_step"] == probe.every * seen.steps[least]  # the trail counts looks
    assert values["returned_validation_loss"] == pytest.approx(seen.values[least, 1].item(), rel=1e-6)
    assert set(values) == set(METRICS)
    best, test = probe.stopping.best, probe.rows.test
    with torch.no_grad():
        wanted = cross_entropy(best(test.inputs), test.targets).item()
    assert values["returned_test_loss"] == pytest.approx(wanted)


def test_the_net_goes_on_after_the_stop_and_the_copy_does_not(probe):
    """Its labels are turned round on the way: the validation loss can only rise."""
    trained(probe, 1, 10)
    probe.rows.train.targets = 1 - probe.rows.train.targets
    stopped = measured(trained(probe, 11, 50))
    assert 0 < stopped["stopped_step"] - stopped["best_step"] <= 25
    test_loss = probe.task.evaluate()["test_loss"]
    later = measured(trained(probe, 51, 90))
    for name in ("best_step", "stopped_step", "returned_test_loss"):
        assert later[name] == stopped[name]
    assert probe.task.evaluate()["test_loss"] > test_loss > stopped["returned_test_loss"]


def test_the_upright_lines_stand_at_the_best_step_and_at_the_stop(probe):
    probe.stopping.best_step.fill_(5)
    probe.stopping.stopped_step.fill_(25)
    with torch.no_grad():
        payload, returned = (picture.payload for picture in probe.pictures())
    upright = {curve["name"]: curve["x"] for curve in payload["curves"][2:]}
    assert upright == {"best: 5": [5, 5], "stopped: 25": [25, 25]}
    assert returned["type"] == "field"


def test_without_validation_rows_it_says_how_to_hold_some_out(data):
    task = classify.build()(context(data, {"model": mlp.build(inputs=2, outputs=2)}))
    with pytest.raises(DltuiError, match="validation rows") as raised:
        build(patience=5)(task)
    assert "train.validation" in raised.value.hint
