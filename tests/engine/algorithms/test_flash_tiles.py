"""Attention in tiles: equal to torch's whatever the tiles are, no array of all scores, sums that must be rescaled."""

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode

from dltui.engine.algorithms.flash_tiles import begun, build, visited
from tests.engine.conftest import context


class Largest(TorchDispatchMode):
    """Remembers the numbers of the largest array that any operation gave."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for one in out if isinstance(out, tuple | list) else [out]:
            if isinstance(one, torch.Tensor):
                self.numbers = max(self.numbers, one.numel())
        return out


def in_tiles(Q, K, V, B, **options):
    state = begun(*V.shape)
    for i in range(0, len(Q), B):
        for j in range(0, len(K), B):
            if not options.get("causal") or j < i + B:
                state, _ = visited(state, Q, K, V, slice(i, i + B), slice(j, j + B), **options)
    return state.out / state.sum[:, None]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("B", [1, 5, 8, 40])
def test_it_is_torchs_attention(B, causal):
    Q, K, V = torch.randn(3, 23, 6, dtype=torch.float64)
    theirs = scaled_dot_product_attention(30 * Q[None], K[None], V[None], is_causal=causal)[0]
    assert torch.allclose(in_tiles(30 * Q, K, V, B, causal=causal), theirs, atol=1e-12)


def test_scores_that_overflow_do_no_harm():
    Q, K, V = torch.randn(3, 16, 4, dtype=torch.float64)
    assert in_tiles(1e4 * Q, K, V, 4).isfinite().all()


def test_no_array_is_as_large_as_all_scores():
    Q, K, V = torch.randn(3, 64, 4, dtype=torch.float64)
    with Largest() as largest:
        in_tiles(Q, K, V, 8)
    assert largest.numbers == Q.numel() < 64 * 64 / 4  # the rows themselves


def test_without_rescaling_it_is_wrong():
    torch.manual_seed(0)
    walks = [build(queries=16, tile=4, rescale=rescale)(context()) for rescale in (True, False)]
    errors = [walk.at(walk.length).metrics["error"] for walk in walks]
    assert errors[0] < 1e-12 < 0.1 < errors[1]


def test_a_row_counts_once_all_its_tiles_are_visited():
    walk = build(queries=16, tile=4)(context())
    assert "error" not in walk.at(3).metrics and walk.at(4).metrics["error"] < 1e-12
    shown = np.isfinite(walk.at(5).pictures[0].payload["values"])
    assert shown.sum() == 5 * 16 and shown[:4].all() and shown[4:8, :4].all()
    causal = build(queries=16, tile=4, causal=True)(context())
    assert causal.length == 10
