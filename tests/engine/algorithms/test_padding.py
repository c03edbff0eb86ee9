"""Padding by its index rule equals torch's, in every mode."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import pad as torch_pad

from dltui.engine.algorithms.padding import MODES, pad, source


@given(st.integers(4, 7), st.integers(4, 7), st.integers(0, 3), st.sampled_from(MODES))
def test_it_equals_torchs(height, width, p, mode):
    """Guards rows against columns, and a mirror that stands beside the border in place of on it."""
    x = torch.arange(1.0, 2 * height * width + 1).view(2, height, width)
    named = "constant" if mode == "zeros" else mode
    assert torch.equal(pad(x, p, mode), torch_pad(x[None], (p, p, p, p), mode=named)[0])


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("zeros", [None, None, 0, 1, 2, None, None]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_what_is_seen_around_three_cells(mode, seen):
    assert [source(i, 3, mode) for i in range(-2, 5)] == seen


def test_a_mirror_goes_on_beyond_what_torch_allows():
    assert [source(i, 2, "reflect") for i in range(-4, 6)] == [0, 1] * 5 and source(-3, 1, "reflect") == 0
