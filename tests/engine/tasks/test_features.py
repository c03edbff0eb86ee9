"""Features shown: the chosen units, the patches that excite them, and the measures of the ascent."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators import strokes
from dltui.engine.models import lenet, mlp, small_cnn
from dltui.engine.tasks.features import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def digits():
    splits = (Split(*map(torch.from_numpy, strokes.digits(rows, seed))) for seed, rows in enumerate((640, 60)))
    return Dataset(*splits, tuple("0123456789"), "builtin", "", {"channels": 1, "size": 28, "classes": 10})


@pytest.fixture
def task(digits):
    """A LeNet after ten steps: its digits are not known yet, its units are alive."""
    torch.manual_seed(0)
    net = lenet.build()
    task = build()(digits, {"model": net}, CPU)
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for rows in torch.arange(640).split(64):
        optimizer.zero_grad()
        task.loss(rows).backward()
        optimizer.step()
    net.eval()
    return task


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
def test_each_patch_alone_excites_its_unit_as_much_as_is_said(task, number):
    """A wrong place, picture, corner or size of a patch would miss it."""
    layer = task.layers[number]
    with torch.no_grad():
        excited = task.excited(layer)
        own = range(len(excited.units)), excited.units
        assert torch.allclose(placed(excited.seen, layer)[own], excited.best, atol=1e-4)
        assert torch.allclose(placed(excited.made, layer)[own], excited.path[-1], atol=1e-4)
        every = layer.maps(task.test_inputs).flatten(2).amax((0, 2))
    assert torch.allclose(every[excited.units], excited.best, atol=1e-4)
    left = [unit for unit in range(len(every)) if unit not in excited.units]
    assert every[left].max() <= excited.best.min(), "the chosen are those that test pictures excite most"


def test_the_ascent_beats_every_test_picture_even_in_a_net_that_hardly_learned(task):
    found = task.evaluate()
    assert 1 <= found["ratio"] <= found["class_ratio"]
    assert 0.95 <= found["reached"] <= 1 + 1e-6, "more than the most there can be is impossible"


def test_without_an_ascent_the_grey_picture_does_not(digits, task):
    still = build(ascent=0)(digits, {"model": task.net}, CPU).evaluate()
    assert still["ratio"] < 0.9 and still["reached"] < 0.9


def test_a_unit_that_no_test_picture_excites_has_no_ratio(task):
    with torch.no_grad():
        task.net.features[0].bias.fill_(-100)
        assert task.excited(task.layers[0]).rise.isnan().all()


def test_pictures(task):
    with torch.no_grad():
        shown = {picture.pane: picture.payload for picture in task.pictures()}
    assert list(shown) == ["classes", "layer 2", "kernels", "maps", "ascent"]
    grids = {name: (payload["rows"], payload["columns"]) for name, payload in shown.items() if name != "ascent"}
    assert grids == {"classes": (2, 5), "layer 2": (2, 5), "kernels": (3, 5), "maps": (2, 6)}
    assert shown["layer 2"]["pixels"].shape == (28, 70)
    names = [curve["name"] for curve in shown["ascent"]["curves"]]
    assert names == ["layer 1", "layer 2", "classes", "best test picture"]
    assert shown["maps"]["pixels"][:28, :28] / 255 == pytest.approx(task.test_inputs[0, 0].numpy(), abs=1e-3)


def test_other_nets_of_such_layers_and_colours(digits):
    colours = digits._replace(
        train=digits.train._replace(inputs=digits.train.inputs.expand(-1, 3, -1, -1)),
        test=digits.test._replace(inputs=digits.test.inputs.expand(-1, 3, -1, -1)),
    )
    net = small_cnn.build(channels=3, size=28).eval()
    task = build(ascent=2, units=3)(colours, {"model": net}, CPU)
    with torch.no_grad():
        panes = [picture.pane for picture in task.pictures()]
    assert panes == ["classes", "layer 3", "layer 2", "kernels", "maps", "ascent"]


def test_errors(digits):
    with pytest.raises(DltuiError, match="not of MLP on rows of"):
        build()(digits, {"model": mlp.build()}, CPU)
    with pytest.raises(DltuiError, match=r"task\.picture is 60; there are 60"):
        build(picture=60)(digits, {"model": lenet.build()}, CPU)
