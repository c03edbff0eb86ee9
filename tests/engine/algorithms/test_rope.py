"""Rotary positions: a turn is a product with complex numbers, scores know the distance alone, the map shows them."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.rope import angles, build, rotated, rotated_by_complex
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**options)(context())


def test_a_turn_is_the_product_of_the_paper():
    """Equation 34, and both forms of it; place 0 changes nothing."""
    x, theta, at = torch.randn(5, 8, dtype=torch.float64), angles(8, 10000.0), torch.arange(5)
    found = rotated(x, at, theta)
    assert torch.allclose(found, rotated_by_complex(x, at, theta)) and torch.equal(found[0], x[0])
    c, s = torch.cos(3 * theta[1]), torch.sin(3 * theta[1])
    assert torch.allclose(found[3, 2:4], torch.stack([c * x[3, 2] - s * x[3, 3], s * x[3, 2] + c * x[3, 3]]))
    assert theta[0] == 1 and torch.isclose(theta[2] / theta[1], theta[1] / theta[0])


def test_a_score_is_that_of_the_vectors_in_their_places():
    walk = made(places=6)
    theta = angles(16, 10000.0)
    q, k = (rotated(x[:1], torch.tensor([place]), theta)[0] for x, place in ((walk.q, 4), (walk.k, 1)))
    want = q @ k / (walk.q[0].norm() * walk.k[0].norm())
    assert torch.isclose(walk.scores[0, 4, 1], want)


@pytest.mark.parametrize(("position", "is_relative", "knows_places"), [
    ("rotary", True, True), ("added", False, True), ("none", True, False),
])  # fmt: skip
def test_what_each_way_keeps(position, is_relative, knows_places):
    metrics = made(position=position).metrics
    assert (metrics["distance_error"] < 1e-9) == is_relative == (metrics["moved_error"] < 1e-9)
    assert (metrics["order_effect"] > 0.02) == knows_places


def test_nothing_is_shown_of_places_that_are_not_yet_filled():
    walk = made(places=10)
    for step in (0, 4, 10):
        shown = np.isfinite(walk.at(step).pictures[0].payload["values"])
        assert shown.sum() == step**2 and shown[:step, :step].all()
