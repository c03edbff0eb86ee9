"""Dead units: trained as torch trains them, dead where no gradient comes through, and dead for good."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, leaky_relu

from dltui.engine.algorithms.dying_relu import EVERY, METRICS, WIDE, build
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return Split(torch.rand(count, 6, generator=generator), torch.randint(0, 3, (count,), generator=generator))


def made(leak=0.0, steps=0, **options):
    torch.manual_seed(0)
    data = Dataset(rows(90, 0), rows(40, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 6, "classes": 3})
    process = build(leak=leak, **{"lrs": [0.1, 20.0], "hidden": 12, "batch": 16, **options})(context(data))
    return advanced(process, steps)


def advanced(process, steps):
    for _ in range(steps):
        process.step()
    return process


@pytest.mark.parametrize("leak", [0.0, 0.01])
@pytest.mark.parametrize("net", [0, 1])
def test_a_step_is_that_of_torchs_sgd(net, leak):
    """Guards the nets' order and their rates."""
    process = made(leak)
    first, last = nn.Linear(6, 12), nn.Linear(12, 3)
    weights = (process.W, process.b, process.V, process.c)
    for ours, theirs in zip(weights, (first.weight, first.bias, last.weight, last.bias), strict=True):
        theirs.data = ours[net].T.clone().squeeze()
    optimizer = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=process.lrs[net])
    torch.manual_seed(5)
    batch = torch.randint(90, (16,))
    hidden = leaky_relu(first(process.inputs[batch]), leak)
    cross_entropy(last(hidden), process.targets[batch]).backward()
    optimizer.step()
    torch.manual_seed(5)
    process.step()
    torch.testing.assert_close(process.W[net].T, first.weight.detach())
    torch.testing.assert_close(process.V[net].T, last.weight.detach())


@pytest.mark.parametrize("leak", [0.0, 0.01])
def test_a_dead_unit_gets_no_gradient_from_any_row_and_a_leaky_one_does(leak):
    process = made(leak)
    process.b[:, :, 2] = -100.0
    assert process.silent()[:, 2].all() and process.dies == (leak == 0)
    before = process.W.clone()
    advanced(process, 1)
    assert (before != process.W).any(1)[:, 2].tolist() == [leak > 0] * 2


def test_a_large_rate_kills_and_who_is_dead_stays_so():
    process = made()
    start = process.silent()
    dead = advanced(process, 40).silent()
    found = process.evaluate()
    assert set(found) == set(METRICS) - {"loss"}
    assert torch.equal(dead[0], start[0]) and found["dead_highest_lr"] > found["dead_lowest_lr"] + 0.3
    assert found["dead"] == found["silent"] == found["dead_highest_lr"]
    assert advanced(process, 40).silent()[dead].all()
    leaky = made(0.01, 40).evaluate()
    assert leaky["dead"] == 0 < leaky["silent"]


@pytest.mark.parametrize("leak", [0.0, 0.01])
def test_who_comes_back_is_counted(leak):
    process = made(leak, lrs=[1e-6])
    process.was_silent[:, 3] = True  # though they are not
    assert advanced(process, EVERY).evaluate()["revived"] == 1


def test_each_unit_of_every_rate_is_drawn_the_busiest_at_the_top():
    pictures = {picture.pane: picture.payload for picture in made().pictures()}
    values = pictures["units"]["values"]
    assert values.shape == (12, 2 * WIDE) and (values[:-1] >= values[1:]).all()
    assert pictures["dead units"]["curves"][0]["x"].tolist() == pytest.approx([0.1, 20.0])
