"""WGAN-GP's penalty equals its formula, is taken between real and generated rows, and teaches."""

import pytest
import torch

from dltui.engine.regularizers.unit_slope import build


def critic():
    D = torch.nn.Linear(2, 1)
    with torch.no_grad():
        D.weight.copy_(torch.tensor([[3.0, 4.0]]))
    return D


def test_the_penalty_of_a_plane_is_that_of_its_slope():
    """D(x) = 3 x + 4 y has the slope 5 everywhere: 10 (5 - 1)^2. Guards |slope|^2 - 1 in its place."""
    D, x = critic(), torch.randn(50, 2, requires_grad=True)
    penalty = build(weight=10.0)(D(x), x)
    assert penalty.item() == pytest.approx(160, rel=1e-5)
    penalty.backward()  # 10 * 2 (|w| - 1) w / |w|
    assert D.weight.grad.flatten().tolist() == pytest.approx([80 * 3 / 5, 80 * 4 / 5], rel=1e-5)


def test_it_is_the_mean_of_the_rows_of_a_curved_critic():
    x = torch.randn(20, 1, 3, 3, requires_grad=True)
    values = x.square().sum((1, 2, 3))[:, None]  # slope 2 |x|
    want = (2 * x.detach().flatten(1).norm(dim=1) - 1).square().mean().item()
    assert build(weight=1.0)(values, x).item() == pytest.approx(want, rel=1e-5)


def test_it_looks_between_each_real_row_and_its_partner():
    torch.manual_seed(0)
    real, fake = torch.zeros(500, 1, 2, 2), torch.arange(1.0, 501.0)[:, None, None, None].expand(500, 1, 2, 2)
    share = build().at(real, fake) / fake
    assert torch.allclose(share, share[:, :1, :1, :1].expand_as(share))  # one share a row
    assert share.min() >= 0 and share.max() <= 1 and share.mean().item() == pytest.approx(0.5, abs=0.05)
