"""Activation maximisation: it climbs, stays among pictures, and finds the best picture where that is known.

Wrong twins that these miss: a flipped sign (it falls), no way back into 0..1, one slope for the whole batch (a unit's
picture would depend on the others), a penalty of the wrong sign (brighter pictures).
"""

from itertools import product

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators import strokes
from dltui.engine.models import lenet, mlp, small_cnn
from dltui.engine.probes.activation_maximisation import METRICS, ascend, build, highest_if_linear
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context

GREY = torch.full((4, 1, 6, 6), 0.5)


@pytest.fixture
def curved():
    """Each of four pictures has a unit of its own, of a small net with random weights; of very unlike sizes."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 4)).requires_grad_(False)
    sizes = torch.tensor([1e-3, 1.0, 1.0, 1e3])
    return lambda x: (sizes * net(x)).diagonal()


def test_the_best_picture_of_a_linear_unit_is_white_where_its_weight_is_positive():
    """Guards the sign of the ascent, and pixels that leave 0..1."""
    torch.manual_seed(0)
    w = torch.randn(4, 1, 6, 6)
    x, path = ascend(lambda x: (w * x).sum((1, 2, 3)) - 1, GREY, 60, 0.2)
    matters = w.abs() > 0.2
    assert torch.equal(x[matters], (w > 0).float()[matters])
    assert path[-1].tolist() == pytest.approx((w.clamp(min=0).sum((1, 2, 3)) - 1).tolist(), rel=0.01)


def test_the_highest_answer_of_a_linear_unit_is_the_highest_of_all_black_and_white_pictures():
    torch.manual_seed(1)
    w = torch.randn(2, 1, 3, 3)
    every = torch.tensor(list(product((0.0, 1.0), repeat=9))).view(-1, 1, 1, 3, 3)
    best = (every * w).sum((2, 3, 4)).amax(0) + 0.7
    found = highest_if_linear(lambda x: (w * x).sum((1, 2, 3)) + 0.7, torch.zeros(2, 1, 3, 3))
    assert found.tolist() == pytest.approx(best.tolist(), rel=1e-5)


def test_it_climbs_nearly_all_the_way_and_stays_in_the_range_of_pixels(curved):
    x, path = ascend(curved, GREY, 60, 0.2)
    assert path.shape == (61, 4) and torch.equal(path[0], curved(GREY))
    assert torch.allclose(path[-1], curved(x))
    rise = path[-1] - path[0]
    assert (rise > 0).all()
    assert (path.diff(dim=0).clamp(max=0).sum(0) > -0.05 * rise).all(), "the steps downhill are few and small"
    assert x.min() == 0 and x.max() == 1
    torch.manual_seed(2)
    others = torch.stack([curved(torch.rand(4, 1, 6, 6)) for _ in range(200)])
    assert (path[-1] > others.amax(0)).all(), "higher than two hundred pictures of noise"


def test_a_flipped_sign_goes_down_as_far(curved):
    _, up = ascend(curved, GREY, 60, 0.2)
    x, _ = ascend(lambda x: -curved(x), GREY, 60, 0.2)
    assert (curved(x) < up[0]).all() and (up[-1] > up[0]).all()


def test_a_picture_is_the_same_alone_as_among_others(curved):
    """Each has its own slope, price of light and length of a step, though answers differ by a million times."""
    vmapped, _ = ascend(curved, GREY, 20, 0.2, 0.1)
    for n in range(4):
        alone, _ = ascend(lambda x, n=n: curved(x.expand(4, -1, -1, -1))[n : n + 1], GREY[:1], 20, 0.2, 0.1)
        assert torch.allclose(alone[0], vmapped[n], atol=1e-3)


def test_the_penalty_leaves_less_light_and_what_a_unit_does_not_see_is_left_alone():
    torch.manual_seed(3)
    w = torch.randn(4, 1, 6, 6)
    w[:, :, 0] = 0
    x, _ = ascend(lambda x: (w * x).sum((1, 2, 3)), GREY, 60, 0.2, penalty=0.2)
    assert (x[:, :, 0] == 0.5).all()
    price = 0.2 * w.abs().amax((1, 2, 3), keepdim=True)
    sure = ((w - price).abs() > 0.2) & (w != 0)
    assert torch.equal(x[sure], (w > price).float()[sure])
    assert ((w > 0) & (w < price) & sure).any(), "there are pixels worth less than they cost"


def test_it_leaves_no_gradients_behind_and_needs_none_switched_on():
    layer = nn.Conv2d(1, 4, 6)
    with torch.no_grad():
        x, path = ascend(lambda x: layer(x)[:, :, 0, 0].diagonal(), GREY, 3, 0.2)
    assert layer.weight.grad is None and not x.requires_grad and not path.requires_grad
    assert (path[-1] > path[0]).all()


# -- the probe ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    splits = (Split(*map(torch.from_numpy, strokes.digits(rows, seed))) for seed, rows in enumerate((640, 60)))
    return Dataset(*splits, tuple("0123456789"), "builtin", "", {"channels": 1, "size": 28, "classes": 10})


def looked(data, net, **options):
    return build(**options)(classify.build()(context(data, {"model": net})))


@pytest.fixture
def probe(digits):
    """Of a LeNet after ten steps: its digits are not known yet, its units are alive."""
    torch.manual_seed(0)
    net = lenet.build()
    task = classify.build()(context(digits, {"model": net}))
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for rows in torch.arange(640).split(64):
        optimizer.zero_grad()
        task.loss(rows).backward()
        optimizer.step()
    net.eval()
    return build()(task)


def placed(patches, layer):
    """The patches on black, where the middle unit of each map sees them; answers of all units there (n, units)."""
    black = torch.zeros(len(patches), 1, 28, 28)
    maps = layer.maps(black)
    middle = maps.shape[2] // 2
    start = middle * layer.field.stride + layer.field.start
    size = layer.field.size
    black[:, :, start : start + size, start : start + size] = patches
    return layer.maps(black)[:, :, middle, middle]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_patch_alone_activates_its_unit_as_much_as_is_said(probe, number):
    """A wrong place, picture, corner or size of a patch would miss it."""
    layer = probe.layers[number]
    with torch.no_grad():
        found = probe.maximised(layer)
        own = range(len(found.units)), found.units
        assert torch.allclose(placed(found.seen, layer)[own], found.best, atol=1e-4)
        assert torch.allclose(placed(found.made, layer)[own], found.path[-1], atol=1e-4)
        every = layer.maps(probe.rows.test.inputs).flatten(2).amax((0, 2))
    assert torch.allclose(every[found.units], found.best, atol=1e-4)
    left = [unit for unit in range(len(every)) if unit not in found.units]
    assert every[left].max() <= found.best.min(), "the chosen are those that test pictures excite most"


def test_the_ascent_beats_every_test_picture_even_in_a_net_that_hardly_learned(probe):
    found = probe.evaluate()
    assert set(found) == set(METRICS)
    assert 1 <= found["activation_ratio"] <= found["class_activation_ratio"]
    assert 0.95 <= found["optimum_ratio"] <= 1 + 1e-6, "more than the most there can be is impossible"


def test_without_an_ascent_the_grey_picture_does_not(digits, probe):
    still = looked(digits, probe.task.net, ascent=0).evaluate()
    assert still["activation_ratio"] < 0.9 and still["optimum_ratio"] < 0.9


def test_a_unit_that_no_test_picture_activates_has_no_ratio(probe):
    with torch.no_grad():
        probe.task.net.features[0].bias.fill_(-100)
        assert probe.maximised(probe.layers[0]).ratio.isnan().all()


def test_pictures(probe):
    with torch.no_grad():
        shown = {picture.pane: picture.payload for picture in probe.pictures()}
    assert list(shown) == ["classes", "layer 2", "kernels", "ascent"]
    grids = {name: (payload["rows"], payload["columns"]) for name, payload in shown.items() if name != "ascent"}
    assert grids == {"classes": (2, 5), "layer 2": (2, 5), "kernels": (3, 5)}
    assert shown["layer 2"]["pixels"].shape == (28, 70)
    names = [curve["name"] for curve in shown["ascent"]["curves"]]
    assert names == ["layer 1", "layer 2", "classes", "best test picture"]


def test_other_nets_of_such_layers_and_colours(digits):
    colours = digits._replace(
        train=digits.train._replace(inputs=digits.train.inputs.expand(-1, 3, -1, -1)),
        test=digits.test._replace(inputs=digits.test.inputs.expand(-1, 3, -1, -1)),
    )
    probe = looked(colours, small_cnn.build(channels=3, size=28).eval(), ascent=2, units=3)
    with torch.no_grad():
        panes = [picture.pane for picture in probe.pictures()]
    assert panes == ["classes", "layer 3", "layer 2", "kernels", "ascent"]


def test_a_net_without_feature_maps_is_refused(digits):
    with pytest.raises(DltuiError, match="not of MLP"):
        looked(digits, mlp.build())
