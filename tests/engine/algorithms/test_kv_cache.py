"""The cache: logits as of the whole text, each key computed once, operations as counted by hand."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.kv_cache import ALPHABET, HEADS, LAYERS, WIDER, Decoder, build
from tests.engine.conftest import context

T = 24


def made(**options):
    torch.manual_seed(2)
    return build(**{"length": T, "dimensions": 8, **options})(context())


def last(walk):
    return walk.at(walk.length).metrics


@pytest.mark.parametrize("cache", [True, False])
def test_logits_are_those_of_the_whole_text(cache):
    walk = made(cache=cache)
    assert last(walk)["error"] < 1e-12 and last(walk)["changed"] == 0
    assert len(set(walk.text)) > 8  # not the same symbol again and again, with which any cache is right


def test_both_write_the_same_and_a_forgetful_cache_does_not_compute_the_same():
    assert made().text == made(cache=False).text
    assert last(made(keep=4))["error"] > 0.1


def test_each_key_is_computed_once():
    cached, anew = last(made()), last(made(cache=False))
    assert (cached["cells_computed"], cached["cells_reused"]) == (T, T * (T - 1) / 2)
    assert (anew["cells_computed"], anew["cells_reused"]) == (T * (T + 1) / 2, 0)


def test_operations_are_those_of_the_products():
    """Of n symbols after m: projections and MLP for each, and for each head two products with all keys."""
    torch.manual_seed(0)
    decoder, d, n = Decoder(8), 8, 5
    _, past = decoder.read(torch.arange(n), 0, decoder.empty())
    each = LAYERS * (3 * d * d + d * d + 2 * WIDER * d * d) + d * len(ALPHABET)
    assert decoder.operations == n * each + LAYERS * 2 * n * n * d
    decoder.operations = 0
    decoder.read(torch.tensor([3]), n, past)
    assert decoder.operations == each + LAYERS * 2 * (n + 1) * d
    assert past[0][0].shape == (HEADS, n, d // HEADS)


def test_a_symbol_does_not_see_later_ones():
    torch.manual_seed(0)
    decoder = Decoder(8)
    one, other = (decoder.read(torch.tensor([1, 2, end]), 0, decoder.empty())[0] for end in (3, 9))
    assert torch.equal(one[:2], other[:2]) and not torch.allclose(one[2], other[2])


def test_the_picture_shows_what_was_computed_so_far():
    values = made().at(5).pictures[0].payload["values"]
    assert np.isfinite(values).all(1).sum() == 5 and (np.diag(values)[:5] == 1).all()
    assert 0 < values[4, 0] < 1 and values[4, 5] == 0
    assert made(length=100).at(100).pictures[0].payload["values"].shape == (20, 20)
