"""All restorations below one another: a row a variant, in the middle of the picture."""

import numpy as np
import torch
from torch import nn

from dltui.engine.comparisons.restorations import build
from dltui.engine.contracts.dataset import Split
from dltui.engine.reading.target_pictures import dataset
from dltui.engine.tasks import restore
from tests.engine.conftest import context


class Grey(nn.Module):
    """One shade everywhere."""

    def __init__(self, shade: float):
        super().__init__()
        self.shade = shade

    def forward(self, pictures):
        return torch.full_like(pictures, self.shade).logit()


def test_each_variant_has_a_row_between_what_is_given_and_the_target():
    inputs = torch.randint(1, 255, (5, 1, 8, 8), dtype=torch.uint8)
    split = Split(inputs, 255 - inputs)
    rows = dataset(split, split, "builtin", "noise")
    tasks = {name: restore.build()(context(rows, {"model": Grey(shade)})) for name, shade in (("a", 0.2), ("b", 0.6))}
    comparison = build(shown=3, side=4)(tasks)
    (picture,) = comparison.pictures()
    pixels = picture.payload["pixels"]
    assert comparison.replaces_pictures and picture.payload["row_titles"] == ["given", "a", "b", "target"]
    assert pixels.shape == (16, 12)
    middle = inputs[1, 0, 2:6, 2:6].numpy()
    assert np.array_equal(pixels[:4, 4:8], middle) and np.array_equal(pixels[12:, 4:8], 255 - middle)
    assert (pixels[4:8] == 51).all() and (pixels[8:12] == 153).all()
