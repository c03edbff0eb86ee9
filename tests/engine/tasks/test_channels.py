"""A cube of weights shown at work: 27 products to one number, the values torch's; and what its colours look for."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.channels import COLOURS, DIRECTIONS, LAYERS, build, colour_kernels, table
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def made(channels=3, **options):
    torch.manual_seed(3)
    inputs = torch.randint(0, 256, (2, channels, 12, 12), dtype=torch.uint8)
    both = Split(inputs, torch.arange(2))
    return build(**options)(Dataset(both, both, ("a", "b"), "builtin", "noise", {}), {}, CPU)


def cube(task):
    with torch.no_grad():
        payload = next(task.pictures()).payload
    return payload, [np.asarray(grid["values"]) for grid in payload["grids"]]


def test_a_value_grows_product_by_product_through_the_channels():
    task = made()
    for term in range(1, 28):
        task.advance(term)
        payload, numbers = cube(task)
        products = np.concatenate([(numbers[c][:3, :3] * numbers[3 + c]).ravel() for c in range(3)])[:term]
        assert payload["caption"].endswith(f"= {products.sum():g}")
        assert len(payload["grids"][2].get("lit", ())) == (9 if term > 18 else 0)
        assert np.isnan(numbers[6]).sum() == (3 if term == 27 else 4)


def test_both_cubes_end_with_torchs_values():
    task = made()
    for step, kernel in ((30, 3), (49, 1)):
        task.advance(step)
        _, numbers = cube(task)
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
    rows = table()["rows"]
    assert [row[-1] for row in rows[:2]] == ["30x30x5", "28x28x3"] and made().evaluate()["sizes_right"] == len(LAYERS)


def test_a_map_comes_with_each_step():
    task = made()
    for step, name in ((1, "brightness, 0 degrees"), (12, "red against green, 135 degrees")):
        task.advance(step)
        payload = {picture.pane: picture.payload for picture in task.pictures()}
        assert payload["one map"]["title"] == name
        sheet = payload["32 maps"]["pixels"].reshape(4, 10, 8, 10).swapaxes(1, 2).reshape(32, -1)
        assert (sheet.max(1) > 0).sum() == step


def test_grey_pictures_are_refused():
    with pytest.raises(DltuiError, match="colour"):
        made(channels=1)
