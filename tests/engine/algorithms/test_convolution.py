"""Convolution by its definition equals torch's, in its values, its sizes and its windows; shown product by product."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d, conv_transpose2d, unfold

from dltui.engine.algorithms.convolution import SIZES, TOUR, build, convolve, output_size, spread
from dltui.engine.algorithms.padding import pad
from dltui.engine.pictures.sliding_window import window
from tests.engine.conftest import context

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
    wide = pad(x, 1, "zeros")
    for place, want in enumerate(windows):
        cells = window(*divmod(place, columns), (3, 3), 2, 2)
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


def made(seed=3, **options):
    torch.manual_seed(seed)
    return build(**options)(context())


def shown(walk, step):
    [picture] = walk.at(step).pictures
    return picture.payload


def numbers(payload):
    return [np.asarray(grid["values"]) for grid in payload["grids"]]


def test_the_first_value_grows_product_by_product():
    walk = made(tour=False)
    for term in range(1, 10):
        payload = shown(walk, term)
        x, kernel, output = numbers(payload)
        products = (x[:3, :3] * kernel).flatten()[:term]
        assert payload["caption"].endswith(f"= {products.sum():g}") and payload["caption"].count("*") == term
        assert np.isnan(output).sum() == (8 if term == 9 else 9)
    assert output[0, 0] == products.sum() == walk.at(9).metrics["value"]


def test_then_value_after_value_until_it_is_torchs():
    walk = made(tour=False, stride=2, padding=1)
    assert walk.length == 9 + 8
    x, kernel, output = (torch.as_tensor(values) for values in numbers(shown(walk, walk.length)))
    assert torch.equal(output, conv2d(x[None, None], kernel[None, None], stride=2)[0, 0])


def test_the_window_that_is_lit_gives_the_value_that_is_new():
    payload = shown(made(tour=False, dilation=2, size=7), 13)
    x, kernel, output = numbers(payload)
    lit = np.array([x[cell] for cell in payload["grids"][0]["lit"]])
    [place] = payload["grids"][2]["now"]
    assert place == (1, 1) and output[place] == (lit * kernel.flatten()).sum()


def test_the_tour_shows_every_setting_and_ends_on_the_last():
    walk = made()
    titles = [shown(walk, step)["title"].partition(":")[0] for step in range(walk.length + 1)]
    assert len(dict.fromkeys(titles)) == len(TOUR) and titles[-1] == "stride 2, padding 1"


def test_a_knob_that_is_turned_ends_the_tour():
    walk = made()
    walk.stride, walk.kernel = 3, 2
    titles = {shown(walk, step)["title"] for step in range(walk.length + 1)}
    assert titles == {"stride 3, padding 0: (5-2+2*0)/3+1 = 2"}
    assert walk.at(walk.length).metrics["output_size"] == 2


def test_a_size_that_is_not_whole_is_cut_down():
    assert shown(made(size=6, stride=2), 0)["title"].endswith("floor((6-3+2*0)/2)+1 = 2")


def test_a_kernel_that_has_no_place_is_said_so():
    walk = made(kernel=5, dilation=2, tour=False)
    assert walk.length == 0 and "error" not in walk.at(0).metrics
    payload = shown(walk, 0)
    assert "no place" in payload["caption"] and len(payload["grids"]) == 2


def test_the_formula_is_tried_on_more_settings_at_each_step():
    """Guards the claim: with ceil in the place of floor, or a padding on one side, it does not reach all of them."""
    for walk in (made(), made(tour=False, size=7, stride=3)):
        counts = [walk.at(step).metrics["sizes_right"] for step in range(walk.length + 1)]
        assert counts[0] == 0 and counts[-1] == len(SIZES) == 1080 and counts == sorted(counts)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_draws_the_numbers(seed):
    first = made(seed)
    assert torch.equal(first.x, made(seed).x) and not torch.equal(first.x, build()(context()).x)
