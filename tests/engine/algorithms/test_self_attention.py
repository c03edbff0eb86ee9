"""Attention is torch's, and what makes it so can be told; the pictures' numbers are those of the formula."""

import functools
import re

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from dltui.engine.algorithms.self_attention import (
    HANDS_ON,
    IS_FOUND_BY,
    LOOKS_FOR,
    WORDS,
    Matrices,
    X,
    attention,
    build,
    compared,
    multi_head,
    split,
    torch_multi_head,
)
from dltui.recipes import recipe
from tests.engine.conftest import context


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


@pytest.mark.parametrize(("scaled", "masked"), [(False, True), (True, False)])
def test_a_wrong_twin_is_told(scaled, masked):
    """The claim compares by these distances: a missing root and an unmasked future must show in them."""

    def as_given(scaled, masked):
        return compared(torch.Generator().manual_seed(0), causal=True, scaled=scaled, masked=masked).as_given

    assert as_given(True, True) <= 1e-12 < 1e-3 < as_given(scaled, masked)


# -- shown number by number --------------------------------------------------------------------------------------------


@functools.cache
def made(**options):
    return build(**options)(context(seed=3))


def every_picture(walk):
    moments = (walk.at(step) for step in range(1, walk.length + 1))
    return [{picture.pane: picture.payload for picture in moment.pictures} for moment in moments]


def test_the_last_step_of_the_recipe_shows_the_last_scene():
    assert recipe.load("self-attention").train["steps"] == made().length


@pytest.mark.parametrize("word", [1, 4])
def test_each_sum_that_is_worked_out_is_right_and_stands_in_the_grid(word):
    worked = 0
    for pictures in every_picture(made(word=word)):
        payload = pictures["numbers"]
        match = re.search(r": ([-\d.*+ ]+) = (-?[\d.]+)$", payload["caption"])
        if not match or "*" not in match[1]:
            continue
        total = sum(float(a) * float(b) for a, b in (term.split("*") for term in match[1].split(" + ")))
        last = payload["grids"][-1]
        assert total == float(match[2]) == last["values"][last["now"][0]]
        worked += 1
    assert worked == 4 + len(WORDS)


def test_the_weights_are_softmax_of_the_scores():
    """Computed anew in numpy from the constants: guards the scenes against showing another formula's numbers."""
    x, W_q, W_k, W_v = (np.array(values, float) for values in (X, LOOKS_FOR, IS_FOUND_BY, HANDS_ON))
    exps = np.exp(x @ W_q @ (x @ W_k).T / 2)
    weights = exps / exps.sum(1, keepdims=True)
    pictures = next(p for p in every_picture(made()) if p["numbers"]["title"].startswith("every word"))
    np.testing.assert_allclose(pictures["who looks at whom"]["weights"], weights)
    np.testing.assert_allclose(pictures["numbers"]["grids"][2]["values"], weights @ x @ W_v)
    assert WORDS[weights[WORDS.index("it")].argmax()] == "cat"


def test_the_future_is_barred_and_the_rest_still_sums_to_one():
    [pictures] = [p for p in every_picture(made()) if p["numbers"]["title"].startswith("causal")]
    weights = pictures["who looks at whom"]["weights"]
    assert (np.isnan(weights) == np.triu(np.ones((5, 5)), 1).astype(bool)).all()
    np.testing.assert_allclose(np.nansum(weights, 1), 1)
    assert len(every_picture(made(masked=False))) == len(every_picture(made()))


def test_the_map_fills_and_never_empties_before_the_mask():
    known = [np.isfinite(p["who looks at whom"]["weights"]).sum() for p in every_picture(made())]
    assert known[0] == 0 and known[:20] == sorted(known[:20]) and known[-1] == 25


@pytest.mark.parametrize(("wrong", "detected"), [("scaled", "unscaled_detected"), ("masked", "unmasked_detected")])
def test_each_wrong_twin_breaks_the_claim(wrong, detected):
    """Without the root, or with the future unmasked, the error is far above 1e-12."""
    right, twin = made().at(1).metrics, made(**{wrong: False}).at(1).metrics
    assert right["error"] <= 1e-12 < 1e-3 < twin["error"]
    assert right[detected] == 1 and right["cases"] == 20


def test_every_step_compares_more_sentences_the_same_ones_in_any_order():
    walk, again = made(), build()(context(seed=3))
    errors = [walk.at(step).metrics["error"] for step in range(4)]
    assert errors == sorted(errors) and errors[0] == 0
    assert [again.at(step).metrics["error"] for step in (3, 1)] == [errors[3], errors[1]]


def test_the_root_keeps_the_greatest_weight_from_taking_all():
    found = made().at(0).metrics
    assert found["max_weight"] < 0.3 and found["max_weight_unscaled"] > 0.8
