"""Convolution by its definition equals torch's, in its values, its sizes and its windows."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d, conv_transpose2d, unfold

from dltui.engine.algorithms.convolution import convolve, covered, output_size, padded, spread

sides = st.tuples(st.integers(1, 8), st.integers(1, 8))
settings_of = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))


def drawn(shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None)
@given(sides, st.tuples(st.integers(1, 4), st.integers(1, 4)), settings_of)
def test_it_equals_torchs(shape, kernel, setting):
    """Guards the kernel's direction: a kernel turned around, as mathematics has it, fails here."""
    p, s, d = setting
    assume(all(d * (k - 1) + 1 <= i + 2 * p for i, k in zip(shape, kernel, strict=True)))
    x, w = drawn(shape), drawn(kernel, 1)
    want = conv2d(x[None, None], w[None, None], stride=s, padding=p, dilation=d)[0, 0]
    got = convolve(x, w, p, s, d)
    assert got.shape == want.shape == tuple(output_size(i, k, p, s, d) for i, k in zip(shape, kernel, strict=True))
    assert torch.allclose(got, want, atol=1e-12)


def test_where_the_kernel_has_no_place_there_is_no_output():
    assert output_size(3, 5) == 0 and convolve(drawn((3, 3)), drawn((5, 5))).shape == (0, 0)


@pytest.mark.parametrize(
    ("i", "k", "p", "s", "d", "o"),
    [(32, 3, 0, 1, 1, 30), (30, 3, 0, 1, 1, 28), (32, 3, 1, 1, 1, 32), (5, 3, 0, 1, 2, 1), (227, 11, 0, 4, 1, 55)],
)
def test_the_notes_sizes(i, k, p, s, d, o):
    """32 x 32 by 3 x 3: 30, then 28; padding 1 (not 2) keeps 32; dilation 2 covers 5; AlexNet's first layer."""
    assert output_size(i, k, p, s, d) == o


def test_the_window_holds_what_torch_unfolds():
    x = drawn((6, 7))
    windows = unfold(x[None, None], 3, dilation=2, padding=1, stride=2)[0].T  # (places, 9)
    columns = output_size(7, 3, 1, 2, 2)
    wide = padded(x, 1)
    for place, want in enumerate(windows):
        cells = covered(*divmod(place, columns), (3, 3), 2, 2)
        assert torch.equal(torch.stack([wide[cell] for cell in cells]), want)


@settings(deadline=None)
@given(sides, st.integers(1, 3), st.integers(2, 4))
def test_convolving_what_is_spread_is_the_transposed_convolution(shape, s, k):
    x, w = drawn(shape), drawn((k, k), 1)
    want = conv_transpose2d(x[None, None], w.flip(0, 1)[None, None], stride=s)[0, 0]
    assert torch.allclose(convolve(spread(x, s, k - 1), w), want, atol=1e-12)


def test_the_notes_transposed_convolution():
    x = spread(torch.tensor([[2.0, 5], [4, 13]]), 2, 1)
    assert x.tolist() == [[0] * 5, [0, 2, 0, 5, 0], [0] * 5, [0, 4, 0, 13, 0], [0] * 5]
    out = convolve(x, torch.tensor([[3.0, 1, 2], [2, 0, 0], [5, 4, 7]]))
    assert out.tolist() == [[0, 4, 0], [18, 127, 57], [0, 8, 0]]
