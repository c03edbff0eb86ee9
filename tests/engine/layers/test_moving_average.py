"""The moving average copies first, then follows slowly, buffers too."""

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
