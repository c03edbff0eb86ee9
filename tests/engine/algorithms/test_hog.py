"""Histograms of oriented gradients: against scipy's gradients, numpy's counts, and pictures whose edges are known.

Strokes are drawn along the edge; the classifiers are scikit-learn's on the rows of a step.
"""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from dltui.engine.algorithms.hog import FEWEST, SIZE, build, edges, gradients, histograms, hog, strokes, votes
from dltui.engine.data import clouds, digits
from dltui.errors import DltuiError
from tests.engine.conftest import context


def ramp(degrees: float, size: int = 8, centre: float = 0.5) -> torch.Tensor:
    """A picture (1, size, size) that brightens evenly in a direction: to the right at 0, downwards at 90."""
    at = torch.arange(size).double()
    angle = math.radians(degrees)
    return (centre + 0.05 * (math.cos(angle) * at + math.sin(angle) * at[:, None]))[None]


def test_gradients_are_scipys():
    x = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0)).double()
    for found, axis in zip(gradients(x), (2, 1), strict=True):
        want = correlate1d(x.numpy(), [-1, 0, 1], axis=axis, mode="nearest")
        np.testing.assert_allclose(found.numpy(), want)


@pytest.mark.parametrize(("degrees", "want"), [(10, 0), (50, 2), (90, 4), (170, 8), (190, 0), (270, 4)])
def test_an_edge_votes_for_its_direction_whichever_side_is_bright(degrees, want):
    found = votes(ramp(degrees), 9)[0, :, 2:-2, 2:-2]  # away from the border
    assert (found.argmax(0) == want).all()
    torch.testing.assert_close(found.sum(0), torch.full((4, 4), 0.1).double())  # two pixels apart: 0.05 each


def test_a_vote_between_two_bins_is_shared_also_across_the_end():
    between = votes(ramp(20), 9)[0, :, 4, 4]
    torch.testing.assert_close(between, torch.tensor([0.05, 0.05, *[0.0] * 7]).double())
    over = votes(ramp(0), 9)[0, :, 4, 4]
    torch.testing.assert_close(over, torch.tensor([0.05, *[0.0] * 7, 0.05]).double())


def test_counting_against_numpys_histogram():
    """With votes that are not shared, which numpy can count: pictures whose angles are middles of bins."""
    x = torch.cat([ramp(degrees, 12) for degrees in (10, 70, 130)])
    found = histograms(x, 4, 9)
    gx, gy = (g.numpy() for g in gradients(x))
    angles = np.degrees(np.arctan2(gy, gx)) % 180
    inside = np.s_[4:8, 4:8]
    for n in range(3):
        want, _ = np.histogram(angles[n][inside], 9, (0, 180), weights=np.hypot(gx, gy)[n][inside])
        np.testing.assert_allclose(found[n, :, 1, 1], want, atol=1e-9)


def test_contrast_hardly_matters_and_light_not_at_all():
    x = torch.rand(2, 16, 16, generator=torch.Generator().manual_seed(1)).double()
    want = hog(x, 4, 9)
    assert want.shape == (2, 3 * 3 * 4 * 9)
    torch.testing.assert_close(hog(x + 0.3, 4, 9), want)
    torch.testing.assert_close(hog(0.5 * x, 4, 9), want, rtol=0, atol=0.01)
    assert (want.view(2, 36, 9).norm(dim=1) <= 1).all()  # each block's length
    assert hog(torch.zeros(1, 16, 16), 4, 9).abs().max() == 0


# -- strokes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("upright", [True, False])
def test_a_stroke_runs_along_the_edge(upright):
    """Light on the right half has an upright edge, drawn as an upright stroke."""
    x = torch.zeros(8, 8)
    x[:, 4:] = 1
    drawn = strokes(histograms((x if upright else x.T)[None], 8, 9)[0], 9)
    drawn = drawn if upright else drawn.T
    assert drawn.shape == (9, 9) and drawn[:, 4].sum() > 2 * drawn[4].sum()


def test_a_falling_edge_is_drawn_falling():
    """From the upper left to the lower right: a wrong sign of the angle would draw it rising."""
    drawn = strokes(histograms(torch.ones(8, 8).triu()[None], 8, 9)[0], 9)
    assert drawn.diag().sum() > 2 * drawn.flip(1).diag().sum()


def test_brightness_is_the_root_of_the_share_and_stays_in_its_cell():
    counts = torch.zeros(2, 1, 3)
    counts[0, 0, 0], counts[1, 0, 1] = 4, 1
    drawn = strokes(counts, 9).split(9, 1)
    assert [cell.max().item() for cell in drawn] == pytest.approx([1, 0.5, 0])


def test_the_picture_stands_beside_them():
    x = torch.rand(9, 9)
    payload = edges(x, torch.zeros(3, 2, 2), 4, ["is 1", "says 2"], "after 30 rows")
    assert payload["pixels"].shape == (2 * SIZE, 4 * SIZE)
    assert payload["pixels"][::2, : 2 * SIZE : 2].tolist() == (x[:8, :8] * 255).round().int().tolist()


# -- the walkthrough ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(cell=2, **options)(context(data))


def test_each_step_sees_twice_as_many_rows_and_all_in_the_end(data):
    walk = made(data, features="pixels")
    assert walk.at(0) == ({}, [])
    rows = [walk.at(step).metrics["rows"] for step in (1, 2, 3, walk.length)]
    assert rows == [FEWEST, 2 * FEWEST, 4 * FEWEST, len(data.train.inputs)]
    assert FEWEST * 2 ** (walk.length - 2) < len(data.train.inputs)


def test_it_is_scikit_learns_on_these_rows(data):
    """The rows of a step are rightly paired with their classes, and judged on the test rows."""
    from sklearn.linear_model import LogisticRegression

    found = made(data, features="pixels").at(3).metrics
    torch.manual_seed(0)
    rows = torch.randperm(len(data.train.inputs))[: 4 * FEWEST]
    x, test_x = (split.inputs.flatten(1).float().numpy() / 255 for split in (data.train, data.test))
    model = LogisticRegression(max_iter=500).fit(x[rows], data.train.targets[rows].numpy())
    assert found["accuracy_logistic"] == pytest.approx(model.score(test_x, data.test.targets.numpy()))
    assert found["accuracy_forest"] > 0.7


def test_another_picture_is_shown_at_each_step_as_it_is_fed_in(data):
    walk, pixels = made(data), made(data, features="pixels")
    for step in (1, 2):
        metrics, pictures = walk.at(step)
        drawn, confusion = (picture.payload for picture in pictures)
        truth = data.classes[data.test.targets[step - 1]]
        assert drawn["captions"][0] == f"is {truth}" and drawn["title"] == f"after {FEWEST * step} rows"
        assert np.diag(confusion["values"]).sum() / len(data.test.targets) == pytest.approx(
            metrics["accuracy_logistic"]
        )
        x = data.test.inputs[step - 1, 0].numpy()
        large = x.repeat(4, 0).repeat(4, 1)  # cells of 2 pixels drawn as 8
        assert np.abs(drawn["pixels"][:, :32].astype(int) - large).max() <= 1 and drawn["pixels"][:, 32:].max() > 200
        shown = pixels.at(step).pictures[0].payload
        assert np.abs(shown["pixels"].astype(int) - x).max() <= 1 and shown["captions"][0].startswith(f"is {truth}")


def test_pictures_too_small_for_the_cells_are_said_so(data):
    with pytest.raises(DltuiError, match=r"algorithm\.cell is 7: pictures have to be at least 14 by 14"):
        build()(context(data))
    with pytest.raises(DltuiError, match="needs pictures"):
        build()(context(clouds.build().builtin()))
