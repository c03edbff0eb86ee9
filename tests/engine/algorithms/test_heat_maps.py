"""Blobs lie on their points, as wide as they are said to be; the divergence is scipy's."""

import math

import pytest
import torch
from scipy.spatial.distance import jensenshannon

from dltui.engine.algorithms.heat_maps import blob, jensen_shannon
from dltui.engine.layers.soft_argmax import soft_argmax


def test_a_blob_lies_on_its_point_between_cells_too():
    """Maps that are wider than high: guards against x and y changed about."""
    points = torch.tensor([[[0.4, 0.5], [0.63, 0.37]]])
    maps = blob(points, 20, 32)
    assert maps.shape == (1, 2, 20, 32) and torch.allclose(maps.sum((2, 3)), torch.ones(1, 2))
    assert torch.allclose(soft_argmax(maps.log().clamp(min=-80))[0], points, atol=1e-3)


def test_a_blob_is_as_wide_as_it_is_said_to_be():
    cells = torch.arange(30) + 0.5
    across = blob(torch.tensor([0.5, 0.5]), 30, 30, sigma=2.0).sum(0)
    assert ((cells - 15).square() @ across).sqrt().item() == pytest.approx(2, rel=1e-3)


def test_the_divergence_is_scipys():
    p, q = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    p, q = (maps / maps.sum((1, 2), keepdim=True) for maps in (p, q))
    want = [jensenshannon(a.flatten(), b.flatten()) ** 2 for a, b in zip(p, q, strict=True)]
    assert jensen_shannon(p, q).tolist() == pytest.approx(want)
    assert jensen_shannon(blob(torch.tensor([0.1, 0.1]), 24, 24), blob(torch.tensor([0.9, 0.9]), 24, 24)).item() == (
        pytest.approx(math.log(2), rel=1e-4)
    )
