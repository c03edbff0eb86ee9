"""Triples: each restored picture stands between the one given and its target."""

import numpy as np
import torch
from torch import nn

from dltui.engine.contracts.dataset import Split
from dltui.engine.probes.restorations import build
from dltui.engine.reading.target_pictures import dataset
from dltui.engine.tasks import restore
from tests.engine.conftest import context


class First(nn.Module):
    """The logits of a picture's first channel."""

    def forward(self, pictures):
        return pictures[:, :1].logit()


def test_grey_targets_of_coloured_pictures_stand_below_them():
    inputs = torch.randint(1, 255, (5, 3, 4, 4), dtype=torch.uint8)
    split = Split(inputs, inputs[:, 1:2].clone())
    task = restore.build()(context(dataset(split, split, "builtin", "noise"), {"model": First()}))
    (picture,) = build(shown=2)(task).pictures()
    pixels = picture.payload["pixels"]
    assert picture.pane == "triples" and pixels.shape == (12, 8, 3)
    first = inputs[1].permute(1, 2, 0).numpy()
    assert np.array_equal(pixels[:4, 4:], first)
    assert abs(pixels[4:8, 4:].astype(int) - first[..., :1]).max() <= 1
    assert np.array_equal(pixels[8:, 4:], np.repeat(first[..., 1:2], 3, 2))
