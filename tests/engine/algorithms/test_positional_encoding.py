"""What is claimed of position vectors, on vectors that have it and on vectors that do not."""

import torch

from dltui.engine.algorithms.positional_encoding import changes_by_order, encoded, measured, rotated
from dltui.engine.layers.positions import frequencies, sines


def test_a_turn_of_each_pair_is_a_product_with_its_rotation_matrix():
    p, w, offset = sines(5, 6, dtype=torch.float64), frequencies(6, dtype=torch.float64), 3
    for k in range(3):
        sin, cos = (offset * w[k]).sin(), (offset * w[k]).cos()
        turn = torch.stack([torch.stack([cos, sin]), torch.stack([-sin, cos])])
        torch.testing.assert_close(rotated(p, offset, w)[:, 2 * k : 2 * k + 2], p[:, 2 * k : 2 * k + 2] @ turn.T)


def test_distances_fall_where_a_loop_finds_it():
    p = sines(64, 64, dtype=torch.float64)
    distances = [torch.dist(p[0], other).item() for other in p]
    fall = next(offset for offset in range(1, 64) if distances[offset] < distances[offset - 1])
    found = measured(p, 10_000.0)
    assert found.first_fall == fall == 6
    assert found.offset_error < 1e-12 and found.rotation_error < 1e-12


def test_vectors_at_random_have_none_of_it():
    p = encoded(64, 10_000.0, "random", torch.Generator().manual_seed(0))
    found = measured(p, 10_000.0)
    assert found.offset_error > 0.1 and found.rotation_error > 0.1 and found.nearest_ratio < 0.95


def test_without_positions_attention_is_that_of_a_bag():
    without, with_p = changes_by_order(sines(6, 32, dtype=torch.float64), torch.Generator().manual_seed(0))
    assert without < 1e-12 and with_p > 0.5
