"""Weights stay within their bounds in training, and only those of the critic."""

import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import clouds
from dltui.engine.regularizers.weight_clipping import build
from dltui.engine.training.learner import Learner
from dltui.recipes import recipe as recipes
from tests.engine.conftest import CPU


def test_weights_beyond_a_bound_are_put_back_and_no_others():
    net = torch.nn.Linear(2, 1)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[-3.0, 0.05]]))
        net.bias.fill_(0.7)
    build(bound=0.1).keep_bounds(net)
    assert torch.equal(net.weight, torch.tensor([[-0.1, 0.05]])) and torch.equal(net.bias, torch.tensor([0.1]))


def test_the_critic_is_clipped_after_a_step_and_the_generator_is_not():
    rows = Rows(clouds.build(shape="circle", groups=4, rows=400).builtin(), CPU)
    learner = Learner("wgan", recipes.load("wgan").variants["wgan"], rows, CPU)
    for _ in range(3):
        learner.advance()
    largest = {role: max(p.abs().max().item() for p in net.parameters()) for role, net in learner.nets.items()}
    assert largest["discriminator"] <= 0.2 + 1e-6 < largest["generator"]
