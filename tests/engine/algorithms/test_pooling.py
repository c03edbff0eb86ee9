"""Pooling and its gradient against torch's."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, max_pool2d

from dltui.engine.algorithms.pooling import (
    average_gradient,
    average_pool,
    change,
    joined,
    max_gradient,
    max_pool,
    squares,
)

BOTH = [(max_pool, max_gradient, max_pool2d), (average_pool, average_gradient, avg_pool2d)]


@pytest.mark.parametrize(("pool", "gradient", "torchs"), BOTH, ids=["max", "average"])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_there_and_back_it_is_torchs(pool, gradient, torchs, s):
    """Also where the greatest number stands twice: digits 0 to 3 are equal often."""
    x = torch.randint(0, 4, (5, 6, 12), generator=torch.Generator().manual_seed(s)).double().requires_grad_()
    want = torchs(x, s)
    g = torch.arange(want.numel()).double().view_as(want)
    (back,) = torch.autograd.grad(want, x, g)
    assert torch.equal(pool(x.detach(), s), want)
    torch.testing.assert_close(gradient(g, x.detach(), s), back, rtol=0, atol=1e-12)


def test_what_is_beyond_the_last_square_is_cut_as_torch_does():
    x = torch.arange(35.0).view(1, 5, 7)
    assert torch.equal(max_pool(x, 3), max_pool2d(x, 3))


def test_squares_are_joined_again():
    x = torch.arange(48.0).view(2, 4, 6)
    assert torch.equal(joined(squares(x, 2), 2), x)
    assert squares(x, 2)[0, 0, 1].tolist() == [2, 3, 8, 9]


def test_a_change_is_a_share_of_what_was_there():
    before = torch.tensor([[[1.0, 3.0]], [[2.0, 2.0]]])
    assert change(before, torch.tensor([[[3.0, 1.0]], [[2.0, 2.0]]])).tolist() == [1, 0]
