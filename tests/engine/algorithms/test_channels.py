"""Convolution over channels equals torch's; a cube of weights shown at work, and what its colours look for."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from dltui.engine.algorithms.channels import (
    COLOURS,
    DIRECTIONS,
    LAYERS,
    build,
    colour_kernels,
    convolve_channels,
    grey,
    layer_table,
    layer_weights,
    mix,
)
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bias", [None, drawn(5, seed=2)])
def test_it_equals_torchs(bias):
    x, kernels = drawn(3, 6, 7), drawn(5, 3, 2, 3, seed=1)
    assert torch.allclose(convolve_channels(x, kernels, bias), conv2d(x[None], kernels, bias)[0], atol=1e-12)


def test_a_kernel_that_is_not_as_deep_as_the_input_is_refused():
    with pytest.raises(ValueError):
        convolve_channels(drawn(3, 4, 4), drawn(2, 2, 3, 3))


def test_mixing_is_the_1_by_1_convolution():
    x, weights = drawn(3, 4, 5), drawn(2, 3, seed=1)
    assert torch.allclose(mix(x, weights), conv2d(x[None], weights[:, :, None, None])[0], atol=1e-12)


@pytest.mark.parametrize(("kernels", "C", "K"), [(5, 3, 3), (3, 5, 3), (32, 3, 3), (8, 32, 1)])
def test_a_layer_learns_as_many_numbers_as_torchs(kernels, C, K):
    assert layer_weights(kernels, C, K) == sum(p.numel() for p in nn.Conv2d(C, kernels, K).parameters())


def test_grey_is_as_bright_as_the_colours_look():
    """ITU-R BT.601: green counts most; a picture that is grey already stays what it is."""
    pure = torch.eye(3)[:, :, None, None]  # three pictures: red, green, blue
    assert grey(pure).flatten().tolist() == pytest.approx([0.299, 0.587, 0.114])
    assert torch.equal(grey(pure[:, :1]), pure[:, :1])


def made(channels=3, **options):
    torch.manual_seed(3)
    inputs = torch.randint(0, 256, (2, channels, 12, 12), dtype=torch.uint8)
    both = Split(inputs, torch.arange(2))
    return build(**options)(context(Dataset(both, both, ("a", "b"), "builtin", "noise", {})))


def cube(walk, step):
    payload = walk.at(step).pictures[0].payload
    return payload, [np.asarray(grid["values"]) for grid in payload["grids"]]


def test_a_value_grows_product_by_product_through_the_channels():
    walk = made()
    for term in range(1, 28):
        payload, numbers = cube(walk, term)
        products = np.concatenate([(numbers[c][:3, :3] * numbers[3 + c]).ravel() for c in range(3)])[:term]
        assert payload["caption"].endswith(f"= {products.sum():g}")
        assert len(payload["grids"][2].get("lit", ())) == (9 if term > 18 else 0)
        assert np.isnan(numbers[6]).sum() == (3 if term == 27 else 4)


def test_both_cubes_end_with_torchs_values():
    walk = made()
    for step, kernel in ((30, 3), (49, 1)):
        _, numbers = cube(walk, step)
        x, weights = (torch.as_tensor(np.stack(part)) for part in (numbers[:3], numbers[3:6]))
        assert weights.shape == (3, kernel, kernel)
        assert np.array_equal(numbers[6], conv2d(x[None], weights[None])[0, 0].numpy())


def test_kernels_of_colour_are_silent_on_grey_and_find_what_grey_has_not():
    kernels = colour_kernels().view(len(COLOURS), DIRECTIONS, 3, 3, 3)
    assert kernels[1:].sum(2).abs().max() < 1e-12 < kernels[0].sum(1).abs().max()
    picture = torch.full((3, 3, 3), 0.5).double()
    picture[0, :, 2] = 0.9  # redder to the right
    answers = conv2d(picture[None], kernels[1])[0].flatten()
    assert answers.argmax() == 0 and answers.argmin() == DIRECTIONS // 2


def test_directions_turn_against_the_clock():
    """Guards the angle in the title: 90 degrees means brighter upwards."""
    upwards = colour_kernels()[DIRECTIONS // 4, 0]
    assert (upwards[0] > 0).all() and (upwards[2] < 0).all()


def test_the_table_holds_the_notes_layers_and_torch_agrees_with_all():
    assert [row[-1] for row in layer_table().rows[:2]] == ["30x30x5", "28x28x3"]
    assert made().at(0).metrics["sizes_right"] == len(LAYERS)


def test_a_map_comes_with_each_step():
    walk = made()
    for step, name in ((1, "brightness, 0 degrees"), (12, "red against green, 135 degrees")):
        payload = {picture.pane: picture.payload for picture in walk.at(step).pictures}
        assert payload["one map"]["title"] == name
        sheet = payload["32 maps"]["pixels"].reshape(4, 10, 8, 10).swapaxes(1, 2).reshape(32, -1)
        assert (sheet.max(1) > 0).sum() == step


def test_grey_pictures_are_refused():
    with pytest.raises(DltuiError, match="colour"):
        made(channels=1)
