"""Point clouds: as many points, groups and scattered ones as asked for, in the shape asked for."""

import pytest
import torch

from dltui.engine.data import clouds

SHAPES = ["round", "uneven", "stretched", "moons", "rings"]


def points(**options):
    data = clouds.build(**options).builtin()
    return torch.cat([data.train.inputs, data.test.inputs]), torch.cat([data.train.targets, data.test.targets]), data


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_and_groups_are_as_asked_for(shape):
    x, targets, data = points(shape=shape, rows=203, groups=4, scattered=0.1, seed=2)
    groups = 2 if shape in ("moons", "rings") else 4
    assert x.shape == (203, 2) and x.dtype == torch.float32
    assert data.classes[-1] == "scattered" and len(data.classes) == groups + 1
    assert torch.bincount(targets)[-1] == 20 and (torch.bincount(targets) > 0).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_seed_decides_the_points(shape):
    first, again, other = (points(shape=shape, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_shapes_are_shapes():
    def ratios(shape):
        x, targets, _ = points(shape=shape, rows=2000, groups=4, spread=0.02)
        values = [torch.linalg.eigvalsh(x[targets == group].T.cov()).clamp(min=1e-9) for group in range(4)]
        return torch.stack([value[1] / value[0] for value in values]), torch.stack([value.sum() for value in values])

    assert ratios("round")[0].max() < 3 < 10 < ratios("stretched")[0].min()
    widths = ratios("uneven")[1]
    assert widths.max() > 3 * widths.min()
    x, targets, _ = points(shape="rings", rows=1000, spread=0.01)
    radius = x.norm(dim=1)
    assert radius[targets == 1].max() < radius[targets == 0].min()


def test_centres_lie_apart():
    x, targets, _ = points(rows=900, groups=9, spread=0.01)
    centres = torch.stack([x[targets == group].mean(0) for group in range(9)])
    assert torch.pdist(centres).min() > 0.3
