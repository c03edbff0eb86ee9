"""Every way to enlarge equals torch's, and gives the notes' matrices."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv_transpose2d, interpolate, max_pool2d, max_unpool2d

from dltui.engine.algorithms.upsampling import bed_of_nails, bilinear, max_pool, max_unpool, nearest, transposed

X = torch.tensor([[10.0, 20], [30, 40]])
shapes = st.tuples(st.integers(1, 5), st.integers(1, 5))


def drawn(shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_the_notes_matrices():
    assert nearest(X).tolist() == [[10, 10, 20, 20]] * 2 + [[30, 30, 40, 40]] * 2
    assert bed_of_nails(X).tolist() == [[10, 0, 20, 0], [0] * 4, [30, 0, 40, 0], [0] * 4]
    assert bilinear(X).int().tolist() == [[10, 12, 17, 20], [15, 17, 22, 25], [25, 27, 32, 35], [30, 32, 37, 40]]
    kernel = torch.tensor([[3.0, 1, 2], [2, 0, 0], [5, 4, 7]])
    assert transposed(torch.tensor([[2.0, 5], [4, 13]]), kernel).tolist() == [[0, 4, 0], [18, 127, 57], [0, 8, 0]]


def test_the_notes_pooling_and_unpooling():
    values, places = max_pool(torch.tensor([[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]))
    assert values.tolist() == [[5, 6], [7, 8]]
    back = max_unpool(torch.tensor([[1, 2], [3, 4]]), places, (4, 4))
    assert back.tolist() == [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]


@settings(deadline=None)
@given(shapes, st.integers(1, 4))
def test_nearest_and_bilinear_are_torchs(shape, s):
    """Guards how cells are aligned: with aligned corners the bilinear one differs."""
    x = drawn(shape)
    whole = x[None, None]
    assert torch.equal(nearest(x, s), interpolate(whole, scale_factor=s, mode="nearest")[0, 0])
    want = interpolate(whole, scale_factor=s, mode="bilinear", align_corners=False)[0, 0]
    assert torch.allclose(bilinear(x, s), want, atol=1e-12)


@settings(deadline=None)
@given(shapes, st.integers(2, 3))
def test_pooling_and_unpooling_are_torchs(shape, s):
    x = drawn((shape[0] * s, shape[1] * s))
    values, places = max_pool(x, s)
    want, at = max_pool2d(x[None, None], s, return_indices=True)
    assert torch.equal(values, want[0, 0]) and torch.equal(places, at[0, 0])
    assert torch.equal(max_unpool(-values, places, tuple(x.shape)), max_unpool2d(-want, at, s)[0, 0])


@pytest.mark.parametrize(("k", "border"), [(3, 1), (3, 2), (4, 1)])
@settings(deadline=None)
@given(shapes, st.integers(1, 3))
def test_the_transposed_convolution_is_torchs_with_its_kernel_turned(k, border, shape, s):
    """Guards the convention: without turning the kernel the two differ."""
    x, kernel = drawn((shape[0] + 1, shape[1] + 1)), drawn((k, k), 1)
    if k > s * min(shape) + 1 + 2 * border:
        return
    want = conv_transpose2d(x[None, None], kernel.flip(0, 1)[None, None], stride=s, padding=k - 1 - border)[0, 0]
    assert torch.allclose(transposed(x, kernel, s, border), want, atol=1e-12)


def test_nails_lose_nothing():
    x = drawn((3, 4))
    assert torch.equal(bed_of_nails(x, 3)[::3, ::3], x) and (bed_of_nails(x, 3) != 0).sum() == 12
