"""Every model alike: the shape it promises, gradients to every weight; and counts where a paper gives them."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import leaky_relu

from dltui.engine.contracts import kinds
from dltui.recipes import schema
from dltui.recipes.recipe import Section

PICTURES = (5, 1, 28, 28)
# kind -> (shape of what it takes, shape of what it gives), with the defaults of its build()
SHAPES = {
    "mlp": (PICTURES, (5, 10)),
    "deep_mlp": ((5, 1, 8, 8), (5, 10)),
    "lenet": (PICTURES, (5, 10)),
    "autoencoder": (PICTURES, PICTURES),
    "vae": (PICTURES, PICTURES),
    "pixelcnn": (PICTURES, (5, 4, 28, 28)),
    "resnet": ((5, 3, 32, 32), (5, 10)),
    "small_cnn": ((5, 3, 32, 32), (5, 10)),
    "unet": ((5, 1, 32, 32), (5, 2, 32, 32)),
}


def built(kind, **given):
    torch.manual_seed(0)
    return kinds.built("model", Section(kind, given))


def params(net):
    return sum(p.numel() for p in net.parameters())


def test_every_model_is_tested_here_or_in_a_file_of_its_own():
    for kind in schema.own_kinds("model"):
        assert kind in SHAPES or Path(__file__).with_name(f"test_{kind}.py").is_file(), kind


@pytest.mark.parametrize("kind", SHAPES)
def test_shape_and_gradients(kind):
    taken, given = SHAPES[kind]
    net = built(kind)
    out = net(torch.rand(taken))
    assert out.shape == given
    out.square().sum().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not without, f"no gradient reaches {without}"


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", torch.relu),
        ("tanh", torch.tanh),
        ("sigmoid", torch.sigmoid),
        ("leaky_relu", lambda x: leaky_relu(x, 0.2)),
    ],
)
def test_the_layers_of_a_perceptron_are_followed_by_their_activation(activation, function):
    """Guards the sign of a leak: with the other one the unit is V-shaped."""
    net, rows = built("mlp", inputs=5, hidden=[7, 6], activation=activation), torch.randn(4, 5)
    first, second = (layer for layer in net.layers if isinstance(layer, torch.nn.Linear))
    torch.testing.assert_close(net(rows), net.head(function(second(function(first(rows))))))


def test_lenet_has_about_61_thousand_weights():
    """NUMBERS.md; with 2 pixels of padding 28 x 28 pictures meet the counts of the paper's 32 x 32."""
    assert params(built("lenet")) == 61_706


@pytest.mark.parametrize(("channels", "size"), [(1, 12), (3, 32)])
def test_lenet_takes_other_pictures(channels, size):
    assert built("lenet", channels=channels, size=size)(torch.rand(2, channels, size, size)).shape == (2, 10)


def test_a_small_cnn_takes_sounds_where_there_is_a_rate():
    net = built("small_cnn", rate=8000, classes=3, halved_by="pooling")
    assert net(torch.rand(2, 6400)).shape == (2, 3)


def test_an_mlp_without_hidden_layers_is_linear():
    net = built("mlp", hidden=[], inputs=4, outputs=2)
    a, b = torch.rand(1, 4), torch.rand(1, 4)
    assert torch.allclose(net((a + b) / 2), (net(a) + net(b)) / 2, atol=1e-6)


def test_the_autoencoder_is_that_of_the_notes():
    """784-256-128-h-128-256-784 with ReLU."""
    net = built("autoencoder", latent=3)
    widths = [layer.out_features for layer in net.modules() if isinstance(layer, torch.nn.Linear)]
    assert widths == [256, 128, 3, 128, 256, 784]
    assert net.embed(torch.rand(PICTURES)).shape == (5, 3)


def test_a_generator_draws_in_the_range_of_tanh():
    drawn = built("mlp", inputs=64, batch_norm=True, output="tanh")(torch.randn(5, 64) * 100)
    assert drawn.abs().max() <= 1
