"""The net of points and times: it begins with 0, and then looks at both."""

import torch

from dltui.engine.models.denoising_mlp import build


def test_it_begins_with_0_and_looks_at_the_point_and_at_the_time():
    torch.manual_seed(0)
    net, x, t = build(hidden=[16]), torch.randn(6, 2), torch.full((6,), 400.0)
    assert not net(x, t).any()
    with torch.no_grad():
        net.head.weight.normal_()
    first = net(x, t)
    assert first.shape == (6, 2)
    assert (net(x + 1, t) - first).abs().min() > 0 and (net(x, t / 2) - first).abs().min() > 0
