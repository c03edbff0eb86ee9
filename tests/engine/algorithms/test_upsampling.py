"""Every way to enlarge equals torch's, and gives the notes' matrices; each cell shown is made of what is lit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv_transpose2d, interpolate, max_pool2d, max_unpool2d

from dltui.engine.algorithms.upsampling import EXAMPLES, bed_of_nails, bilinear, build, max_unpool, nearest, transposed
from dltui.errors import DltuiError
from tests.engine.conftest import context

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


def test_the_notes_unpooling():
    pooled = torch.tensor([[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]])
    back = max_unpool(torch.tensor([[1, 2], [3, 4]]), pooled)
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
def test_unpooling_is_torchs(shape, s):
    pooled, x = drawn((shape[0] * s, shape[1] * s)), drawn(shape, 1)
    _, places = max_pool2d(pooled[None, None], s, return_indices=True)
    assert torch.equal(max_unpool(x, pooled, s), max_unpool2d(x[None, None], places, s)[0, 0])


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


def steps(walk):
    """(payload of the grid, metrics) after every step."""
    for moment in map(walk.at, range(1, walk.length + 1)):
        yield moment.pictures[0].payload, moment.metrics


@pytest.mark.parametrize("method", EXAMPLES)
def test_the_worked_example_is_met_cell_by_cell(method):
    walk = build(method=method)(context())
    wrong = [found["wrong"] for _, found in steps(walk)]
    assert wrong == list(range(walk.out.numel() - 1, -1, -1))
    assert walk.at(walk.length).metrics["error"] < 1e-12


@pytest.mark.parametrize("method", EXAMPLES)
def test_a_cell_is_made_of_what_is_lit(method):
    """A cell whose lit inputs change changes; one whose unlit inputs change does not."""
    values = [3.0, 1, 4, 2]
    walk = build(method=method, values=values)(context())
    for payload, _ in steps(walk):
        name = {"unpool": 1}.get(method, 0)
        lit = {tuple(cell) for cell in payload["grids"][name].get("lit", ())}
        [at] = payload["grids"][-1]["now"]
        if method == "transposed":
            lit = {((row - 1) // 2, (column - 1) // 2) for row, column in lit if row % 2 and column % 2}
        for number in range(4):
            other = build(method=method, values=[v + 10 * (k == number) for k, v in enumerate(values)])(context())
            changed = bool((other.out[at] - walk.out[at]).abs() > 1e-9)
            if changed:
                assert divmod(number, 2) in lit
            elif method != "transposed":  # there a weight of the kernel may be 0
                assert divmod(number, 2) not in lit


def test_the_sum_is_said():
    said = [payload["caption"] for payload, _ in steps(build(method="transposed")(context()))]
    assert said[4] == "2*3 + 5*2 + 4*5 + 13*7 = 127"
    said = [payload["caption"] for payload, _ in steps(build(method="bilinear")(context()))]
    assert said[5] == "9/16*10 + 3/16*20 + 3/16*30 + 1/16*40 = 17.5"


def test_other_values_are_measured_by_torchs():
    walk = build(method="bilinear", values=[0, 0, 0, 16])(context())
    *_, (payload, found) = steps(walk)
    assert found["wrong"] == found["error"] == 0
    assert np.asarray(payload["grids"][-1]["values"])[1].tolist() == [0, 1, 3, 4]


def test_four_values_are_wanted():
    with pytest.raises(DltuiError, match=r"algorithm.values has 3 numbers"):
        build(method="nails", values=[1, 2, 3])(context())


def test_each_method_leaves_its_own_marks():
    """Of a constant grid a checkerboard or not; of pooled values their places or not; a disc smooth or in blocks."""
    found = {method: list(steps(build(method=method)(context())))[-1][1] for method in EXAMPLES}
    kernel = torch.tensor([[3.0, 1, 2], [2, 0, 0], [5, 4, 7]]).flip(0, 1)[None, None]
    theirs = conv_transpose2d(torch.ones(1, 1, 8, 8), kernel, stride=2, padding=1)
    assert found["transposed"]["unevenness"] == pytest.approx(theirs.std(correction=0).item() / theirs.mean().item())
    assert found["nearest"]["unevenness"] == found["bilinear"]["unevenness"] == 0 < found["nails"]["unevenness"]
    assert {name: one.get("at_maxima") for name, one in found.items()} == {
        "nearest": 0.25,
        "nails": 0.25,
        "bilinear": 0.25,
        "unpool": 1,
        "transposed": None,
    }
    assert found["bilinear"]["disc_error"] < 0.7 * found["nearest"]["disc_error"] < 0.7 * found["nails"]["disc_error"]


def test_marks_are_measured_of_any_values():
    """Guards a share of nothing: zeros enlarged are zeros, of which no share stands anywhere."""
    *_, (_, found) = steps(build(method="unpool", values=[0, 0, 0, 0])(context()))
    assert found["at_maxima"] == 1
