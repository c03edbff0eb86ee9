"""Point clouds: as many points, groups and scattered ones as asked for, in the shape asked for."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons
from sklearn.svm import SVC

from dltui.engine.data import clouds
from dltui.errors import DltuiError

# those of which some points may be scattered
SHAPES = ["round", "uneven", "stretched", "moons", "rings", "bands", "bridges"]
PARTED = ["circle", "xor", "separable", "imbalanced", "arc", "strip", "field", "swiss_roll"]


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


@pytest.mark.parametrize("shape", SHAPES + PARTED)
def test_the_seed_decides_the_points_and_nothing_else(shape):
    def drawn(seed):
        torch.manual_seed(len(made))
        np.random.seed(len(made))
        made.append(points(shape=shape, seed=seed)[0])
        return made[-1]

    made = []
    first, again, other = (drawn(seed) for seed in (1, 1, 2))
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


def test_moons_lie_where_scikit_learn_puts_them_but_deeper_in_each_other():
    ours, targets = clouds.moons(100, 0.0, 0)
    theirs, classes = make_moons(100, shuffle=False)
    assert np.allclose(ours, theirs + np.outer(classes, [0, 0.1])) and np.array_equal(targets, classes)


def test_points_are_standardised_and_the_first_of_them_can_be_kept():
    first, few = clouds.build(shape="moons").builtin(), clouds.build(shape="moons", train_rows=20).builtin()
    assert torch.allclose(first.train.inputs.std(0, correction=0), torch.ones(2))
    assert torch.equal(few.train.inputs, first.train.inputs[:20]) and torch.equal(few.test.inputs, first.test.inputs)


def test_points_of_the_users_own_have_two_columns(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("a,b,c,label\n" + "1,2,3,x\n4,5,6,y\n" * 5)
    with pytest.raises(DltuiError, match="expected 2 columns of numbers, found 3"):
        clouds.build().path(path, lambda text: None)
    path.write_text("a,b,label\n" + "1,2,x\n4,5,y\n" * 5)
    assert clouds.build().path(path, lambda text: None).facts == {"inputs": 2, "classes": 2}


def separable_points(margin, seed, rows=300):
    return clouds.separable(rows, margin, np.random.Generator(np.random.PCG64(seed)))


@pytest.mark.parametrize("margin", [0.05, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_strip_between_separable_groups_is_as_wide_as_was_asked_for(margin, seed):
    x, targets = separable_points(margin, seed)
    widest = 1 / np.linalg.norm(SVC(kernel="linear", C=1e8).fit(x, targets).coef_)
    assert widest >= margin - 1e-6
    assert widest < margin + 0.1  # and not much wider: some points stand at its edge


def test_the_line_between_them_passes_the_origin_by():
    """A perceptron without a bias must not do."""
    x, targets = separable_points(0.3, 0)
    middles = [x[targets == target].mean(0) for target in (0, 1)]
    assert abs(middles[0] + middles[1]).max() > 0.5


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_both_splits_hold_exactly_the_share_of_the_rare(share):
    data = clouds.build(shape="imbalanced", rows=3000, share=share).builtin()
    assert data.train.targets.sum() == 1000 * share and data.test.targets.sum() == 2000 * share
    assert not torch.equal(data.train.targets.nonzero(), torch.arange(int(1000 * share))[:, None])


def test_the_rare_lie_right_of_the_common_and_partly_among_them():
    data = clouds.build(shape="imbalanced", rows=30000).builtin()
    common, few = (data.train.inputs[data.train.targets == number] for number in (0, 1))
    assert few[:, 0].mean() > 2 > few[:, 0].min() and abs(few[:, 1].mean()) < 0.2
    assert (common[:, 0] > few[:, 0].median()).sum() > len(few) / 2


def test_every_gaussian_on_the_circle_has_its_place_its_width_and_its_share():
    data = clouds.build(shape="circle", groups=5, rows=6250, spread=0.2).builtin()
    centres = clouds.on_circle(5)
    assert torch.allclose(centres.norm(dim=1), torch.tensor(2.0))
    for split in (data.train, data.test):
        assert split.targets.bincount().unique().numel() == 1
    for number, centre in enumerate(centres):
        group = data.train.inputs[data.train.targets == number]
        assert (group.mean(0) - centre).norm() < 0.03
        assert abs(group.std(0).mean() - 0.2) < 0.01
    assert not torch.equal(data.test.inputs[:100], data.train.inputs[:100])


def test_every_corner_of_xor_has_as_many_points_of_its_class():
    data = clouds.build(shape="xor", rows=400).builtin()
    for split, each in ((data.train, 80), (data.test, 20)):
        corners = split.inputs.round()
        for corner in itertools.product((0.0, 1.0), repeat=2):
            here = (corners == torch.tensor(corner)).all(1)
            assert here.sum() == each
            assert (split.targets[here] == int(corner[0] != corner[1])).all()


def test_no_line_has_more_than_three_quarters_of_xor_right():
    """Guards the claim of perceptron-xor: thousands of lines, through and beside the clouds."""
    test = clouds.build(shape="xor", rows=400, spread=0.08).builtin().test
    generator = torch.Generator().manual_seed(0)
    normals = torch.randn(2, 5000, generator=generator)
    offsets = torch.rand(5000, generator=generator) * 4 - 2
    right = (((test.inputs - 0.5) @ normals + offsets > 0) == test.targets[:, None]).float().mean(0)
    assert 0.74 < right.max() <= 0.75


@pytest.mark.parametrize("shape", ["arc", "strip"])
def test_points_lie_along_an_arc_or_a_strip_and_as_far_from_it_as_asked_for(shape):
    x, targets, data = points(shape=shape, rows=4000, spread=0.05)
    assert data.classes == (shape,) and not targets.any()
    slant = torch.tensor([clouds.SLANT]).double()
    along, apart = (
        (torch.atan2(x[:, 0], x[:, 1]), x.norm(dim=1) - 1)
        if shape == "arc"
        else (x.double() @ torch.cat([slant.cos(), slant.sin()]), x.double() @ torch.cat([-slant.sin(), slant.cos()]))
    )
    assert abs(apart.std() - 0.05) < 0.003 and abs(apart.mean()) < 0.003
    quarters = along.quantile(torch.tensor([0.25, 0.5, 0.75]).to(along))
    assert torch.allclose(
        quarters, {"arc": torch.pi / 4, "strip": 0.75}[shape] * torch.tensor([-1, 0, 1]).to(along), atol=0.06
    )


def test_scattered_points_reach_beyond_the_groups_as_far_as_asked_for():
    """Guards outliers: within the groups' own box they would pull on no centre."""
    x, targets, _ = points(rows=3000, scattered=0.3, reach=4.0, spread=0.05)
    groups, loose = x[targets < 3], x[targets == 3]
    wide = (loose.amax(0) - loose.amin(0)) / (groups.amax(0) - groups.amin(0))
    assert ((wide > 3.8) & (wide < 4.05)).all()


def test_bands_are_long_and_lie_apart():
    x, targets, _ = points(shape="bands", rows=900, groups=3, spread=0.03)
    for group in range(3):
        long, wide = x[targets == group].std(0)
        assert long > 10 * wide
    ends = [(x[targets == group, 1].amin(), x[targets == group, 1].amax()) for group in range(3)]
    assert ends[0][1] < ends[1][0] and ends[1][1] < ends[2][0]


def test_bridges_join_round_groups():
    """Guards the bridges: without them no chain of near points leads from one end to the other."""
    x, targets, _ = points(shape="bridges", rows=600, groups=3, spread=0.1)
    x, targets = x[(x - x.mean(0)).norm(dim=1) < 2], targets[(x - x.mean(0)).norm(dim=1) < 2]  # no outliers
    apart, _, _ = points(shape="circle", rows=600, groups=3, spread=0.1)

    def widest_step(x):
        reached, far = torch.zeros(len(x), dtype=torch.bool), torch.cdist(x, x)
        reached[0], widest = True, 0.0
        while not reached.all():
            step, at = far[reached].amin(0).masked_fill(reached, torch.inf).min(0)
            reached[at], widest = True, max(widest, step.item())
        return widest

    assert widest_step(x) < 0.5 < 2 < widest_step(apart)
    middles = torch.stack([x[targets == group].mean(0) for group in range(3)])
    assert torch.pdist(middles).min() > 1.5


def test_a_field_is_one_group_that_is_dense_all_over():
    x, targets, data = points(shape="field", rows=4000)
    assert data.classes == ("1",) and not targets.any()
    counts = torch.histogramdd(x, bins=[4, 4])[0]
    assert counts.min() > 0.75 * counts.mean() and counts.max() < 1.25 * counts.mean()


def test_a_swiss_roll_grows_outwards_as_it_turns():
    x, targets = clouds.swiss_roll(500, 1, 0.0, np.random.Generator(np.random.PCG64(0)))
    radius, turn = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    assert not targets.any() and 1 / 3 <= radius.min() < 0.35 and 0.98 < radius.max() <= 1
    assert np.abs(np.cos(4.5 * np.pi * radius - turn) - 1).max() < 1e-9
