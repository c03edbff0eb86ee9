"""Clipping, as torch does it: shorter in the same direction, or each number by itself."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.clipping import clip_global, clip_local, unclipped

GRADIENTS = ([3.0, -4.0], [0.1, -0.2], [0.5, -9.0], [0.0, 0.0], [6.0, 0.0])


def torchs(clip, g, c):
    weights = nn.Parameter(torch.zeros_like(g))
    weights.grad = g.clone()
    clip([weights], c)
    return weights.grad


@pytest.mark.parametrize("numbers", GRADIENTS)
def test_both_are_torchs(numbers):
    g = torch.tensor(numbers, dtype=torch.float64)
    torch.testing.assert_close(clip_global(g, 2.0), torchs(nn.utils.clip_grad_norm_, g, 2.0), rtol=1e-6, atol=0)
    assert torch.equal(clip_local(g, 2.0), torchs(nn.utils.clip_grad_value_, g, 2.0))
    assert torch.equal(unclipped(g, 2.0), g)


def test_only_the_one_by_the_norm_keeps_the_direction():
    g = torch.tensor([0.5, -9.0])
    assert clip_global(g, 1.0).norm().item() == pytest.approx(1) and clip_local(g, 1.0).tolist() == [0.5, -1.0]
    assert (clip_global(g, 1.0) / g).std().item() == pytest.approx(0, abs=1e-7)
