"""Multi-task nets: what one task teaches reaches the others through a shared body, and never between separate nets."""

import pytest
import torch

from dltui.engine.models.multi_task import build


def gradients(sharing: str) -> list[bool]:
    """Whether the loss of the first task has a gradient in each body."""
    torch.manual_seed(0)
    net = build(sharing=sharing, width=4, hidden=8, size=16)
    net(torch.rand(4, 3, 16, 16))[:, 0].sum().backward()
    return [any(p.grad is not None and bool(p.grad.abs().sum()) for p in body.parameters()) for body in net.bodies]


def test_a_task_moves_the_shared_body_and_no_other_net():
    assert gradients("shared") == [True]
    assert gradients("separate") == [True, False, False]


def test_separate_nets_are_the_nets_each_alone():
    """A logit is what its own body and head give, whatever the others are."""
    torch.manual_seed(0)
    net, x = build(sharing="separate", width=4, hidden=8, size=16).eval(), torch.rand(5, 3, 16, 16)
    alone = torch.cat([head(body(x)) for body, head in zip(net.bodies, net.heads, strict=True)], 1)
    assert torch.equal(net(x), alone) and net(x).shape == (5, 3)


@pytest.mark.parametrize(("outputs", "size"), [(1, 8), (4, 17)])
def test_bodies_are_counted_once_a_task_or_once(outputs, size):
    with torch.device("meta"):
        shared, separate = (build(sharing=name, outputs=outputs, size=size) for name in ("shared", "separate"))
    body = sum(p.numel() for p in shared.bodies.parameters())
    heads = outputs * 33
    assert sum(p.numel() for p in shared.parameters()) == body + heads
    assert sum(p.numel() for p in separate.parameters()) == outputs * body + heads
