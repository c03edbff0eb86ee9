"""A conditional perceptron: the class reaches every output, and a generator without one draws all in turn."""

import torch

from dltui.engine.models.conditional_mlp import build


def made(**options):
    torch.manual_seed(0)
    return build(inputs=6, classes=3, hidden=[8], outputs=4, **options)


def test_it_is_a_perceptron_of_the_row_and_its_one_hot_class():
    net, rows, labels = made(), torch.randn(5, 1, 2, 3), torch.tensor([0, 2, 1, 1, 0])
    joined = torch.cat([rows.flatten(1), torch.eye(3)[labels]], 1)
    assert torch.equal(net(rows, labels), net.layers(joined)) and net.latent == 6 and net.conditional


def test_without_classes_all_are_drawn_in_turn():
    net, z = made(), torch.randn(1, 6).repeat(6, 1)
    drawn = net(z)
    torch.testing.assert_close(drawn[:3], drawn[3:])
    torch.testing.assert_close(drawn, net(z, torch.tensor([0, 1, 2, 0, 1, 2])))
    assert not torch.allclose(drawn[0], drawn[1])


def test_gradients_reach_every_weight_and_tanh_bounds_a_generator():
    net = made(output="tanh")
    net(100 * torch.randn(9, 6)).square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    assert made(output="tanh")(100 * torch.randn(9, 6)).abs().max() <= 1
