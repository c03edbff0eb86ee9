"""The ring: as many points in each Gaussian, where and as wide as was asked for."""

import torch

from dltui.engine.data import ring


def test_every_gaussian_has_its_place_its_width_and_its_share():
    data = ring.build(modes=5, rows=5000, spread=0.2, radius=3.0).builtin()
    centres = ring.circle(5, 3.0)
    assert torch.allclose(centres.norm(dim=1), torch.tensor(3.0))
    for split in (data.train, data.test):
        assert split.targets.bincount().unique().numel() == 1
    for number, centre in enumerate(centres):
        group = data.train.inputs[data.train.targets == number]
        assert (group.mean(0) - centre).norm() < 0.03
        assert abs(group.std(0).mean() - 0.2) < 0.01


def test_the_seed_decides_the_points():
    first, again, other = (ring.build(seed=seed).builtin().train.inputs for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not torch.equal(ring.build().builtin().test.inputs[:100], first[:100])
