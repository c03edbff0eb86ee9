"""Generated shapes: the same every time, quick to make; neither pixels one by one nor colours tell the class."""

import time

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.data import cifar10
from dltui.engine.generators import shapes

CHANCE = 0.1


def accuracy(net: nn.Module, data) -> float:
    with torch.no_grad():
        return float((net.eval()(as_floats(data.test.inputs)).argmax(1) == data.test.targets).float().mean())


def test_shapes_are_the_same_whatever_else_was_drawn():
    first, classes = shapes.shapes(600, 5)
    np.random.seed(9)
    torch.manual_seed(9)
    again, same_classes = shapes.shapes(600, 5)
    assert np.array_equal(first, again) and np.array_equal(classes, same_classes)
    assert not np.array_equal(first, shapes.shapes(600, 6)[0])


def test_every_class_comes_equally_often_in_mixed_order():
    _, classes = shapes.shapes(1000, 0)
    assert np.bincount(classes).tolist() == [100] * 10
    assert np.bincount(classes[:200], minlength=10).min() > 5


def test_each_outline_lies_inside_its_page_and_is_filled():
    """v grows downwards and an outline is below 0 inside: a flipped sign would fill the ground."""
    v, u = np.meshgrid(*[np.linspace(-1.5, 1.5, 61, dtype=np.float32)] * 2, indexing="ij")
    assert len(shapes.OUTLINES) == len(shapes.CLASSES)
    for name, outline in zip(shapes.CLASSES, shapes.OUTLINES, strict=True):
        inside = outline(u, v) < 0
        assert not inside[(np.abs(u) > 1.05) | (np.abs(v) > 1.05)].any(), name
        assert 0.1 < inside[(np.abs(u) <= 1) & (np.abs(v) <= 1)].mean() < 0.9, name
        assert inside[30, 30] == (name not in ("ring", "frame", "moon")), name


def test_twelve_thousand_take_less_than_three_seconds_of_one_core():
    began = time.process_time()
    cifar10.build().builtin()
    assert time.process_time() - began < 3


def test_colours_do_not_tell_the_class():
    """A shape whose class had a colour, or was brighter than its ground, would be known by it."""
    data = cifar10.build(train_rows=5000).builtin()
    bags = [bag_of_colours(as_floats(split.inputs)) for split in (data.train, data.test)]
    forest = RandomForestClassifier(40, max_depth=12, random_state=0).fit(bags[0], data.train.targets)
    assert forest.score(bags[1], data.test.targets) < 2 * CHANCE


def bag_of_colours(pictures: torch.Tensor) -> torch.Tensor:
    """How often each of 64 colours occurs, (N, 64)."""
    fourths = (pictures * 3.999).long()  # (N, 3, H, W)
    colours = (16 * fourths[:, 0] + 4 * fourths[:, 1] + fourths[:, 2]).flatten(1)
    return torch.zeros(len(pictures), 64).scatter_add_(1, colours, torch.ones(colours.shape))


def test_a_linear_classifier_stays_near_chance():
    data = cifar10.build(train_rows=5000).builtin()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    inputs = as_floats(data.train.inputs)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=40, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(net(inputs), data.train.targets) + 3e-3 * net[1].weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert accuracy(net, data) < 2 * CHANCE


def test_a_small_cnn_gets_far_above_that():
    data = cifar10.build().builtin()
    torch.manual_seed(0)
    layers = []
    for wide, wider in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(wide, wider, 3, 2, 1), nn.BatchNorm2d(wider), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 10))
    inputs, optimizer = as_floats(data.train.inputs), torch.optim.Adam(net.parameters(), 2e-3)
    for rows in torch.randint(10_000, (300, 64)):
        optimizer.zero_grad()
        cross_entropy(net(inputs[rows]), data.train.targets[rows]).backward()
        optimizer.step()
    assert 0.6 < accuracy(net, data) < 0.9


def test_with_hues_of_their_own_colour_follows_the_class_and_the_rest_is_grey():
    """Of six classes the hue is known, of four it is one of two: without noise, in whatever light."""
    pictures, classes = shapes.shapes(400, 2, own_hues=True)
    red, green, blue = np.moveaxis(pictures.astype(np.float32) / 255, 1, 0)
    chroma = np.stack([red - green, blue - green], -1)  # (N, H, W, 2)
    vivid = np.abs(chroma).max(-1) > 0.2
    assert vivid[:, 0, 0].mean() < 0.02, "a corner is ground"
    for number, hues in enumerate(shapes.HUES):
        of_class = [chroma[row][vivid[row]].mean(0) for row in np.flatnonzero(classes == number)]
        angles = np.arctan2(*np.transpose(of_class))
        spread = 1 - np.abs(np.exp(1j * angles).mean())
        assert spread < 0.1 if len(hues) == 1 else spread > 0.3, shapes.CLASSES[number]
