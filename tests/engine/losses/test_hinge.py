"""The hinge loss is torch's, and a row with a margin of more than 1 has no gradient."""

import pytest
import torch
from torch.nn.functional import multi_margin_loss

from dltui.engine.losses.hinge import hinge


def test_it_is_torchs_loss_which_is_a_mean_over_the_classes_too():
    generator = torch.Generator().manual_seed(0)
    f, y = 2 * torch.randn(50, 7, generator=generator), torch.randint(0, 7, (50,), generator=generator)
    assert hinge(f, y).item() == pytest.approx(7 * multi_margin_loss(f, y).item(), rel=1e-5)


def test_a_margin_that_is_wide_enough_has_no_gradient():
    f = torch.tensor([[3.0, 1.9, 0.0], [0.0, 0.5, 0.2]], requires_grad=True)
    hinge(f, torch.tensor([0, 1])).backward()
    assert f.grad.tolist() == [[0, 0, 0], [0.5, -1, 0.5]]  # both others of the second row are too near
