"""Attention is torch's, and what makes it so can be told: the root, the mask, the order of the words."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from dltui.engine.layers.attention import Matrices, attention, multi_head, split
from dltui.engine.tasks.self_attention import compared, torch_multi_head


@pytest.fixture
def words():
    torch.manual_seed(0)
    return torch.randn(6, 8, dtype=torch.float64)


@pytest.fixture
def matrices():
    torch.manual_seed(1)
    return Matrices(*torch.randn(4, 8, 8, dtype=torch.float64))


@pytest.mark.parametrize("causal", [False, True])
def test_equal_to_torchs(words, causal):
    """Guards the root and the mask: without either the distance is far above this."""
    q, k, v = words, words.flip(0), words.roll(1, 1)
    found = attention(q, k, v, causal=causal)
    torch.testing.assert_close(found.out, scaled_dot_product_attention(q, k, v, is_causal=causal))
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_heads_equal_to_torchs(words, matrices, heads, causal):
    """Guards the way columns are dealt out to heads and joined again."""
    found = multi_head(words, matrices, heads, causal=causal)
    out, weights = torch_multi_head(words, matrices, heads, causal)
    torch.testing.assert_close(found.out, out)
    torch.testing.assert_close(found.weights, weights)


def test_under_the_mask_a_word_does_not_notice_what_comes_later(words, matrices):
    changed = words.clone()
    changed[4:] += 1
    before, after = (multi_head(x, matrices, 2, causal=True).out for x in (words, changed))
    assert torch.equal(before[:4], after[:4]) and not torch.isclose(before[4:], after[4:]).any()


def test_without_a_mask_it_is_blind_to_order(words, matrices):
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(multi_head(words[order], matrices, 2).out, multi_head(words, matrices, 2).out[order])


def test_large_scores_do_not_overflow():
    q = torch.full((2, 4), 1e3)
    assert torch.isfinite(attention(q, q, q).out).all()


def test_a_head_takes_neighbouring_columns():
    assert split(torch.arange(8).view(1, 8), 2).tolist() == [[[0, 1, 2, 3]], [[4, 5, 6, 7]]]


@pytest.mark.parametrize(("root", "mask"), [(False, True), (True, False)])
def test_a_wrong_twin_is_told(root, mask):
    """The claim compares by these distances: a missing root and an unmasked future must show in them."""
    torch.manual_seed(0)
    assert compared(causal=True, root=True, mask=True)["as_it_is"] <= 1e-12
    assert compared(causal=True, root=root, mask=mask)["as_it_is"] > 1e-3
