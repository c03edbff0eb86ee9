"""Generated digits: the same every time, quick to make, too hard for a linear classifier, not for a CNN."""

import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.data import mnist
from dltui.engine.generators import strokes


@pytest.fixture
def _one_thread():
    """Tiny nets stand still when many threads share them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def accuracy(net: nn.Module, data) -> float:
    with torch.no_grad():
        return float((net(as_floats(data.test.inputs)).argmax(1) == data.test.targets).float().mean())


def test_digits_are_the_same_whatever_else_was_drawn():
    first, classes = strokes.digits(600, 5)
    np.random.seed(9)
    torch.manual_seed(9)
    again, same_classes = strokes.digits(600, 5)
    assert np.array_equal(first, again) and np.array_equal(classes, same_classes)
    assert not np.array_equal(first, strokes.digits(600, 6)[0])


def test_every_class_comes_equally_often_in_mixed_order():
    _, classes = strokes.digits(1000, 0)
    assert np.bincount(classes).tolist() == [100] * 10
    assert np.bincount(classes[:200], minlength=10).min() > 5


def test_a_digit_lies_on_the_page_white_on_black():
    pictures, _ = strokes.digits(1000, 0)
    rim = np.ones((28, 28), bool)
    rim[1:-1, 1:-1] = False
    assert pictures[:, 0, rim].mean() < 2
    assert (pictures.max(axis=(1, 2, 3)) > 150).all()
    share = (pictures > 100).mean(axis=(1, 2, 3))
    assert share.min() > 0.02 and share.max() < 0.6


def test_fourteen_thousand_take_less_than_three_seconds_of_one_core():
    began = time.process_time()
    mnist.build().builtin()
    assert time.process_time() - began < 3


def test_a_linear_classifier_stays_below_93_percent():
    data = mnist.build().builtin()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    inputs = as_floats(data.train.inputs)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=50, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(net(inputs), data.train.targets) + 3e-4 * net[1].weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert 0.8 < accuracy(net, data) < 0.93


@pytest.mark.usefixtures("_one_thread")
def test_a_small_cnn_gets_far_above_that():
    data = mnist.build().builtin()
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 5, stride=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
    inputs, optimizer = as_floats(data.train.inputs), torch.optim.Adam(net.parameters(), 3e-3)
    for rows in torch.randint(12_000, (600, 64)):
        optimizer.zero_grad()
        cross_entropy(net(inputs[rows]), data.train.targets[rows]).backward()
        optimizer.step()
    assert accuracy(net, data) > 0.955
