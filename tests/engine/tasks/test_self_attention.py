"""Self-attention shown: the numbers in the pictures are those of the formula, and each caption's sum is right."""

import re

import numpy as np
import pytest
import torch

from dltui.engine.tasks.self_attention import HANDS_ON, IS_FOUND_BY, LOOKS_FOR, WORDS, X, build
from tests.engine.conftest import CPU


def made(**options):
    torch.manual_seed(3)
    return build(**options)(None, {}, CPU)


def shown(task, step):
    task.place["step"] = step
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in task.pictures()}


def every_picture(task):
    return [shown(task, step) for step in range(1, len(task.scenes) + 1)]


def test_the_last_step_of_the_recipe_shows_the_last_scene():
    from dltui.recipes import recipe

    assert recipe.load("self-attention").train["steps"] == len(made().scenes)


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
    assert len(every_picture(made(mask=False))) == len(every_picture(made()))


def test_the_map_fills_and_never_empties_before_the_mask():
    known = [np.isfinite(p["who looks at whom"]["weights"]).sum() for p in every_picture(made())]
    assert known[0] == 0 and known[:20] == sorted(known[:20]) and known[-1] == 25


@pytest.mark.parametrize("wrong", ["root", "mask"])
def test_each_wrong_twin_breaks_the_claim(wrong):
    """Without the root, or with the future unmasked, the error is far above 1e-12."""
    right, twin = made(), made(**{wrong: False})
    for task in (right, twin):
        task.advance(1)
    assert right.evaluate()["error"] <= 1e-12 < 1e-3 < twin.evaluate()["error"]
    assert right.evaluate()[f"{wrong}_caught"] == 1


def test_the_root_keeps_the_greatest_weight_from_taking_all():
    found = made().evaluate()
    assert found["peak"] < 0.3 and found["peak_without_root"] > 0.8
