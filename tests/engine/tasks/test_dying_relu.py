"""Dead units: trained as torch trains them, dead where no gradient comes through, and dead for good."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, leaky_relu

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.dying_relu import EVERY, METRICS, WIDE, build
from tests.engine.conftest import CPU


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return Split(torch.rand(count, 6, generator=generator), torch.randint(0, 3, (count,), generator=generator))


def made(**options):
    torch.manual_seed(0)
    data = Dataset(rows(90, 0), rows(40, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 6, "classes": 3})
    return build(**{"rates": [0.1, 20.0], "hidden": 12, "batch": 16, **options})(data, {}, CPU)


def advanced(task, steps):
    with torch.no_grad():
        for step in range(1, steps + 1):
            task.advance(step)
    return task


@pytest.mark.parametrize("net", [0, 3])
def test_a_step_is_that_of_torchs_sgd(net):
    """Guards the nets' order and their rates: net 0 is ReLU at the first rate, net 3 leaky at the second."""
    task = made()
    first, last = nn.Linear(6, 12), nn.Linear(12, 3)
    for ours, theirs in zip(task.state.weights(), (first.weight, first.bias, last.weight, last.bias), strict=True):
        theirs.data = ours[net].T.clone().squeeze()
    optimizer = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=task.rates[net % 2])
    torch.manual_seed(5)
    batch = torch.randint(90, (16,))
    hidden = leaky_relu(first(task.inputs[batch]), 0.01 if net > 1 else 0.0)
    cross_entropy(last(hidden), task.targets[batch]).backward()
    optimizer.step()
    torch.manual_seed(5)
    task.advance(1)
    torch.testing.assert_close(task.state.W[net].T, first.weight.detach())
    torch.testing.assert_close(task.state.V[net].T, last.weight.detach())


def test_a_dead_unit_gets_no_gradient_from_any_row_and_a_leaky_one_does():
    task = made()
    task.state.b[:, :, 2] = -100.0
    assert task.dead()[:, 2].tolist() == [True, True, False, False] and task.silent()[:, 2].all()
    before = task.state.W.clone()
    advanced(task, 1)
    moved = (before != task.state.W).any(1)[:, 2]
    assert moved.tolist() == [False, False, True, True]


def test_a_large_rate_kills_and_who_is_dead_stays_so():
    task = made()
    start = task.dead()
    dead = advanced(task, 40).dead()
    found = task.evaluate()
    assert set(found) < set(METRICS)
    assert torch.equal(dead[0], start[0]) and found["dead_fastest"] > found["dead_slowest"] + 0.3
    assert found["dead_leaky"] == 0
    assert (task.dead() >= dead).all() and advanced(task, 40).dead()[dead].all()


def test_who_comes_back_is_counted():
    task = made(rates=[1e-6])
    task.state.silent[:, 3] = True  # though they are not
    advanced(task, EVERY)
    assert task.evaluate()["revived_relu"] == task.evaluate()["revived_leaky"] == 1


def test_without_a_leak_both_kinds_are_one():
    task = advanced(made(leak=0.0), 30)
    found = task.evaluate()
    assert torch.equal(task.state.W[:2], task.state.W[2:]) and found["dead_leaky"] == found["dead_fastest"]


def test_each_unit_of_every_rate_is_drawn_the_busiest_at_the_top():
    pictures = {picture.pane: picture.payload for picture in made().pictures()}
    values = pictures["ReLU units"]["values"]
    assert values.shape == (12, 2 * WIDE) and (values[:-1] >= values[1:]).all()
    assert pictures["dead units"]["curves"][0]["x"].tolist() == pytest.approx([0.1, 20.0])
