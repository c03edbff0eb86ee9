"""The moving average copies first, then follows slowly, buffers too."""

import pytest
import torch

from dltui.engine.layers.moving_average import moving_average


def test_it_copies_first_and_then_follows():
    net = torch.nn.BatchNorm1d(2)
    average = moving_average(net, 0.9)
    with torch.no_grad():
        net.weight += 1
        average.update_parameters(net)
        assert torch.equal(average.module.weight, net.weight)
        net.weight += 1
        net.running_mean += 1
        average.update_parameters(net)
    assert torch.allclose(average.module.weight, torch.full((2,), 2.1))
    assert torch.allclose(average.module.running_mean, torch.full((2,), 0.1))
    assert not any(p.requires_grad for p in average.parameters())


@pytest.mark.parametrize("updates", [150, 1000])
def test_it_follows_however_many_updates_there_were(updates):
    """Guards against an average that stands still after a while."""
    net = torch.nn.Linear(1, 1)
    average = moving_average(net, 0.99)
    with torch.no_grad():
        for step in range(updates + 1):
            net.weight.fill_(step)
            average.update_parameters(net)
    behind = 0.99 / 0.01 * (1 - 0.99**updates)  # of what rises by one a step
    assert average.module.weight.item() == pytest.approx(updates - behind, rel=1e-3)
