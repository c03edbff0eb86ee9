"""The hinge loss is torch's; what leads by enough costs nothing, and the strip is where the geometry says."""

import pytest
import torch
from torch.nn.functional import multi_margin_loss

from dltui.engine.losses.hinge import hinge, leads, strip


def drawn(rows=50, classes=7):
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.randn(rows, classes, generator=generator), torch.randint(0, classes, (rows,), generator=generator)


def test_it_is_torchs_loss_which_is_a_mean_over_the_classes_too():
    f, y = drawn()
    assert hinge(f, y).item() == pytest.approx(7 * multi_margin_loss(f, y).item(), rel=1e-5)


def test_a_row_costs_where_its_class_leads_by_less_than_one():
    f, y = drawn()
    costs = torch.stack([hinge(f[i : i + 1], y[i : i + 1]) for i in range(len(f))])
    assert torch.equal(costs > 0, leads(f, y) < 1)
    assert torch.equal(leads(f, y) > 0, f.argmax(1) == y)


def test_what_leads_by_enough_teaches_nothing():
    f = torch.tensor([[3.0, 1.9, 0.0], [0.0, 0.5, 0.2]], requires_grad=True)
    hinge(f, torch.tensor([0, 1])).backward()
    assert f.grad.tolist() == [[0, 0, 0], [0.5, -1, 0.5]]  # both others of the second row are too near


def test_the_strip_is_as_wide_as_the_step_that_changes_the_difference_of_scores_by_one():
    weights = torch.tensor([[3.0, 0.0], [0.0, 4.0]])  # their difference has the length 5
    direction = (weights[0] - weights[1]) / 5
    step = strip(weights) * direction
    assert (weights @ step)[0] - (weights @ step)[1] == pytest.approx(1)
    assert strip(weights / 2) == pytest.approx(2 * strip(weights))
