"""A window that slides: what is lit is what the newest value is made of, and the output fills in its order."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from dltui.engine.pictures.sliding_window import SlidingKernel, filled, filling, in_turn, steps_in_turn, sum_of_products

X = torch.arange(32.0).view(2, 4, 4)
KERNEL = torch.tensor([[[1.0, 0], [2, -1]], [[0, 3], [1, 1]]])


def sliding(stride=1, **options):
    output = conv2d(X[None], KERNEL[None], stride=stride)[0, 0]
    return SlidingKernel(X, KERNEL, output, stride=stride, **options)


def test_cells_fill_row_after_row_or_in_a_given_order():
    values = torch.tensor([[1.0, 2], [3, 4]])
    assert filled(values, 2).isnan().tolist() == [[False, False], [True, True]]
    assert filled(values, 1, [(1, 1), (0, 0)]).isnan().tolist() == [[True, False], [False, False]]
    assert filling(values, 0).now is None and filling(values, 3).now == [(1, 0)]


@pytest.mark.parametrize("stride", [1, 2])
def test_every_value_is_the_sum_of_the_lit_products(stride):
    one = sliding(stride)
    assert one.length == 8 + one.output.numel() - 1
    for step in range(8, one.length + 1):
        red, green, w_red, w_green, output = one.grids(step, ("r", "g", "w", "w", "output"))
        pairs = []
        for x, w in ((red, w_red), (green, w_green)):
            pairs += [(x.values[cell], w.values[weight]) for cell, weight in zip(x.lit, w.lit, strict=True)]
        [place] = output.now
        assert output.values[place] == sum(a * b for a, b in pairs) == one.value(step)
        assert pairs == one.products(step) and sum_of_products(pairs).endswith(f" = {one.value(step):g}")


def test_the_first_value_takes_a_step_for_each_product_and_lights_a_channel_when_its_turn_comes():
    one = sliding()
    titles = ("r", "g", "w", "w", "output")
    for step in range(1, 8):
        grids = one.grids(step, titles)
        assert [grid.lit is not None for grid in grids[:2]] == [True, step > 4] and len(one.products(step)) == step
        [newest] = [grid.now for grid in grids[2:4] if grid.now]
        assert grids[4].now == [(0, 0)] and np.isnan(grids[4].values).all()
        weight = KERNEL[int(step > 4)][newest[0]].item()
        assert one.products(step)[-1][1] == weight
    whole = sliding(by_product=False)
    assert whole.length == 9 and not np.isnan(whole.grids(1, titles)[4].values[0, 0])


def test_several_slide_in_turn_and_the_last_one_stays():
    several = [sliding(by_product=False), sliding(2, by_product=False)]
    seen = [in_turn(several, step) for step in range(steps_in_turn(several) + 3)]
    assert [done for one, done in seen if one is several[0]] == list(range(10))
    assert [done for one, done in seen if one is several[1]] == [0, 1, 2, 3, 4, 4, 4]
