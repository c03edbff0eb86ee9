"""DCGAN: sizes halve and double, normalisation where the paper has it, and as many operations as the net compared."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv_transpose2d

from dltui.engine.models import dcgan
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 32), (2, 8)])
def test_pictures_of_noise_and_a_logit_of_pictures(channels, size):
    torch.manual_seed(0)
    G = dcgan.build(latent=5, width=3, channels=channels, size=size)
    D = dcgan.build(part="discriminator", width=3, channels=channels, size=size)
    pictures = G(torch.randn(4, 5))
    assert pictures.shape == (4, channels, size, size) and pictures.abs().max() <= 1
    logits = D(pictures)
    assert logits.shape == (4, 1)
    torch.testing.assert_close(logits, D(pictures.flatten(1)))
    logits.square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for net in (G, D) for p in net.parameters() if p.dim() > 1)


def test_normalisation_is_where_the_paper_has_it():
    """Not before the discriminator's first activation, and not after the generator's last convolution."""
    kinds = [[type(layer) for layer in dcgan.build(part=part).layers] for part in ("generator", "discriminator")]
    assert kinds[0][-2:] == [nn.ConvTranspose2d, nn.Tanh] and kinds[0].count(nn.BatchNorm2d) == 2
    assert kinds[1][:2] == [nn.Conv2d, nn.LeakyReLU] and kinds[1].count(nn.BatchNorm2d) == 1


def test_a_transposed_convolution_stamps_its_kernel():
    """The lesson's words: each value times the kernel, two pixels apart, the edge of one pixel cut off, summed."""
    torch.manual_seed(0)
    x, kernel = torch.randn(3, 3), torch.randn(4, 4)
    sheet = torch.zeros(8, 8)
    for row in range(3):
        for column in range(3):
            sheet[2 * row : 2 * row + 4, 2 * column : 2 * column + 4] += x[row, column] * kernel
    found = conv_transpose2d(x[None, None], kernel[None, None], stride=2, padding=1)
    torch.testing.assert_close(found[0, 0], sheet[1:-1, 1:-1])


def multiply_adds(net, inputs):
    """Of linear layers, convolutions, and transposed ones, in which each input meets the whole kernel."""
    found = []

    def note(layer, given, out):
        meets = given[0] if isinstance(layer, nn.ConvTranspose2d) else out
        found.append(meets[0].numel() * layer.weight[0].numel())

    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(note)
    net.eval()(inputs)
    return sum(found)


def test_both_variants_cost_as_much():
    """What the recipe claims is at equal operations: within a twentieth, and not to the convolutions' advantage."""
    from dltui.engine.contracts import kinds

    recipe = recipes.load("dcgan")
    total = {}
    for name in ("fully_connected", "convolutional"):
        models = recipe.variants[name].models
        facts = {"generator": {"outputs": 784}, "discriminator": {"inputs": 784, "outputs": 1}}
        nets = {role: kinds.built("model", models[role], facts[role]) for role in models}
        noise, picture = torch.randn(1, 64), torch.randn(1, 1, 28, 28)
        total[name] = multiply_adds(nets["generator"], noise) + multiply_adds(nets["discriminator"], picture)
    assert 0.95 <= total["convolutional"] / total["fully_connected"] <= 1


def test_a_size_that_cannot_be_halved_twice_is_refused():
    with pytest.raises(DltuiError, match="4 divides"):
        dcgan.build(size=27)
