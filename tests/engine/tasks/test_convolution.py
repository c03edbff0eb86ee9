"""Convolution shown: every product of the first value, then value after value, and knobs that are turned on the way."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from dltui.engine.tasks.convolution import SIZES, TOUR, build
from tests.engine.conftest import CPU


def made(**options):
    torch.manual_seed(3)
    return build(**options)(None, {}, CPU)


def shown(task):
    with torch.no_grad():
        return next(task.pictures()).payload


def numbers(payload):
    return [np.asarray(grid["values"]) for grid in payload["grids"]]


def test_the_first_value_grows_product_by_product():
    task = made(tour=False)
    for term in range(1, 10):
        task.advance(term)
        payload = shown(task)
        x, kernel, output = numbers(payload)
        products = (x[:3, :3] * kernel).flatten()[:term]
        assert payload["caption"].endswith(f"= {products.sum():g}") and payload["caption"].count("*") == term
        assert np.isnan(output).sum() == (8 if term == 9 else 9)
    assert output[0, 0] == products.sum()


def test_then_value_after_value_until_it_is_torchs():
    task = made(tour=False, stride=2, padding=1)
    for step in range(1, 9 + 8 + 1):
        task.advance(step)
    x, kernel, output = (torch.as_tensor(values) for values in numbers(shown(task)))
    assert torch.equal(output, conv2d(x[None, None], kernel[None, None], stride=2)[0, 0])
    task.advance(99)
    assert not np.isnan(numbers(shown(task))[2]).any()  # and stays


def test_the_window_that_is_lit_gives_the_value_that_is_new():
    task = made(tour=False, dilation=2, size=7)
    for step in range(1, 14):
        task.advance(step)
    payload = shown(task)
    x, kernel, output = numbers(payload)
    lit = np.array([x[cell] for cell in payload["grids"][0]["lit"]])
    [place] = payload["grids"][2]["now"]
    assert place == (1, 1) and output[place] == (lit * kernel.flatten()).sum()


def test_the_tour_shows_every_setting_and_ends_on_the_last():
    task, titles = made(), []
    for step in range(200):
        task.advance(step)
        titles.append(shown(task)["title"].partition(":")[0])
    assert len(dict.fromkeys(titles)) == len(TOUR) and titles[-1] == "stride 2, padding 1"


def test_a_knob_that_is_turned_begins_anew_and_ends_the_tour():
    task = made()
    for step in range(12):
        task.advance(step)
    task.stride, task.kernel = 3, 2
    task.advance(12)
    assert shown(task)["title"] == "stride 3, padding 0: (5-2+2*0)/3+1 = 2"
    for step in range(13, 60):
        task.advance(step)
    assert shown(task)["title"].startswith("stride 3") and task.evaluate()["output_size"] == 2


def test_a_size_that_is_not_whole_is_cut_down():
    assert shown(made(size=6, stride=2))["title"].endswith("floor((6-3+2*0)/2)+1 = 2")


def test_a_kernel_that_has_no_place_is_said_so():
    task = made(kernel=5, dilation=2, tour=False)
    task.advance(1)
    payload = shown(task)
    assert "no place" in payload["caption"] and len(payload["grids"]) == 2
    assert "error" not in task.evaluate()


def test_the_formula_is_tried_on_more_settings_at_each_step():
    """Guards the claim: with ceil in the place of floor, or a padding on one side, it does not reach all of them."""
    task = made()
    counts = []
    for step in range(0, 100, 10):
        task.advance(step)
        counts.append(task.evaluate()["sizes_right"])
    assert counts[0] == 0 and counts[-1] == len(SIZES) == 1080 and counts == sorted(counts)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_draws_the_numbers(seed):
    torch.manual_seed(seed)
    first = build()(None, {}, CPU)
    torch.manual_seed(seed)
    assert torch.equal(first.x, build()(None, {}, CPU).x)
    assert not torch.equal(first.x, build()(None, {}, CPU).x)
