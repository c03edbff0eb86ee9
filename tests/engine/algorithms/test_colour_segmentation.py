"""A photograph's pixels become rows and come back as segments; inertia is scikit-learn's."""

import pytest
import torch
from sklearn.cluster import KMeans as Theirs
from sklearn.feature_extraction.image import grid_to_graph

from dltui.engine.algorithms import colour_segmentation as segmentation
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context

H = W = 12


def photographs(seed: int = 0) -> Dataset:
    """Three pictures of noise, the second with a bright left half."""
    pixels = torch.randint(0, 60, (3, 3, H, W), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    pixels[1, :, :, : W // 2] += 180
    rows = Split(pixels, torch.arange(3))
    return Dataset(rows, rows, ("a", "b", "c"), "builtin", "", {"channels": 3, "size": H})


def at_rest(**options) -> segmentation.Segmentation:
    torch.manual_seed(0)
    algorithm = segmentation.build(**options)(context(photographs()))
    for _ in range(500):
        if algorithm.done:
            return algorithm
        algorithm.step()
    raise AssertionError("it does not come to rest")


def test_a_row_is_a_pixel():
    """Guards the order of axes: channels, or across and down, must not be mixed up."""
    pixels = torch.rand(3, 4, 8, dtype=torch.float64)
    x = segmentation.features(pixels, 2.0)
    assert x.shape == (32, 5) and segmentation.features(pixels, 0.0).shape == (32, 3)
    down, across = 3, 6
    row = x[down * 8 + across]
    assert torch.equal(row[:3], pixels[:, down, across])
    assert row[3:].tolist() == [2.0 * across / 8, 2.0 * down / 8]


@pytest.mark.parametrize("place", [0.0, 1.0])
def test_inertia_is_scikit_learns(place):
    algorithm = at_rest(picture=1, k=4, place=place)
    x = segmentation.features(algorithm.pixels, place).numpy()
    theirs = Theirs(4, init=algorithm.clustering.first.numpy(), n_init=1, tol=0).fit(x)
    assert algorithm.evaluate()["inertia"] == pytest.approx(theirs.inertia_)
    assert algorithm.clustering.labels.tolist() == theirs.labels_.tolist()


def test_boundary_counts_each_pair_of_neighbours_once():
    labels = torch.randint(3, (5, 7), generator=torch.Generator().manual_seed(0))
    graph = grid_to_graph(5, 7)
    pairs = [(i, j) for i, j in zip(graph.row, graph.col, strict=True) if i < j]
    want = sum(labels.flatten()[i] != labels.flatten()[j] for i, j in pairs) / len(pairs)
    assert segmentation.boundary(labels) == pytest.approx(want.item())
    assert segmentation.boundary(torch.zeros(4, 4, dtype=torch.long)) == 0


def test_a_segment_is_painted_in_its_mean_colour():
    colours = torch.tensor([[0.0, 0, 0], [1, 0, 0.5], [0, 1, 0]])
    painted = segmentation.means(colours, torch.tensor([2, 2, 0]))
    assert painted.tolist() == [[0.5, 0, 0.25], [0.5, 0, 0.25], [0, 1, 0]]


@pytest.mark.parametrize("options", [{"k": 2}, {"method": "meanshift", "radius": 0.5}])
def test_the_picture_asked_for_falls_into_its_two_halves(options):
    algorithm = at_rest(picture=2, **options)
    labels = algorithm.clustering.labels.view(H, W)
    assert len(labels[:, : W // 2].unique()) == len(labels[:, W // 2 :].unique()) == 1
    found = algorithm.evaluate()
    assert found["segments"] == 2 and found["boundary"] == pytest.approx(H / (2 * H * (W - 1)))
    assert found["colour_error"] < 0.4 * found["one_colour_error"]


def test_places_make_segments_less_torn():
    torn, whole = (at_rest(picture=1, k=4, place=place).evaluate() for place in (0.0, 3.0))
    assert whole["boundary"] < 0.5 * torn["boundary"] and whole["colour_error"] > torn["colour_error"]


def test_a_picture_that_is_not_there_is_refused():
    with pytest.raises(DltuiError, match="there are 3 pictures"):
        segmentation.build(picture=4)(context(photographs()))
