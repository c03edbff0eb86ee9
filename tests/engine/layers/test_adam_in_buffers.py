"""Adam in buffers takes the steps of torch's, and goes on from a saved state bit by bit."""

import copy

import torch
from torch import nn

from dltui.engine.layers.adam_in_buffers import AdamInBuffers

X = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))


class Trained(nn.Module):
    def __init__(self, lr: float):
        super().__init__()
        torch.manual_seed(1)
        self.net = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 1))
        self.idle = nn.Linear(2, 2)
        self.adam = AdamInBuffers([*self.net.parameters(), *self.idle.parameters()], lr)

    def step(self) -> None:
        self.adam.step((self.net(X)[:, 0] - X.prod(1)).square().mean())


def test_its_steps_are_those_of_torch():
    """Guards the correction of the moments, and weights that the loss does not depend on."""
    ours, theirs = Trained(0.02), Trained(0.02)
    optimizer = torch.optim.Adam(theirs.net.parameters(), 0.02)
    for _ in range(30):
        ours.step()
        optimizer.zero_grad()
        (theirs.net(X)[:, 0] - X.prod(1)).square().mean().backward()
        optimizer.step()
    for a, b in zip(ours.net.parameters(), theirs.net.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5)
    assert torch.equal(ours.idle.weight, theirs.idle.weight)


def test_its_state_holds_the_moments_and_no_weight_twice():
    ours, resumed = Trained(0.02), Trained(0.02)
    for _ in range(5):
        ours.step()
    state = copy.deepcopy(ours.state_dict())
    assert {name for name in state if name.startswith("adam")} == {"adam.m", "adam.v", "adam.taken"}
    resumed.load_state_dict(state)
    for _ in range(5):
        ours.step(), resumed.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), resumed.parameters(), strict=True))
