"""Nearest pixels: scikit-learn's nearest neighbour; training rows are their own; the picture shows who is nearest."""

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.data import digits
from dltui.engine.models import lenet
from dltui.engine.probes.nearest_pixels import build, nearest
from dltui.engine.tasks import classify
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(0)
    net = lenet.build(size=16).eval()
    data = digits.build().builtin()
    large = [split._replace(inputs=split.inputs.repeat_interleave(2, 2).repeat_interleave(2, 3)) for split in data[:2]]
    data = data._replace(train=large[0], test=large[1])
    return data, build(**options)(classify.build()(context(data, {"model": net})))


def test_it_is_right_as_often_as_scikit_learns_nearest_neighbour():
    data, probe = made(rows=300)
    table = [split.inputs.flatten(1).numpy() for split in (data.train, data.test)]
    theirs = KNeighborsClassifier(1).fit(table[0][:300], data.train.targets[:300])
    values = probe.evaluate()
    assert abs(values["neighbour_accuracy"] - theirs.score(table[1], data.test.targets)) < 1e-6
    assert values["neighbour_train_accuracy"] == 1


def test_nearest_is_by_the_sum_of_squares():
    x, among = torch.rand(7, 1, 3, 3), torch.rand(20, 1, 3, 3)
    squares = (x[:, None] - among).square().sum((2, 3, 4))
    assert torch.equal(nearest(x, among), squares.argmin(1))


def test_after_each_test_picture_stands_its_neighbour():
    data, probe = made(rows=300, shown=4)
    with torch.no_grad():
        payload = next(probe.pictures()).payload
    cells = payload["pixels"].reshape(2, 16, 4, 16).transpose(0, 2, 1, 3).reshape(4, 2, 16, 16)
    near = probe.neighbours.of_test[:4]
    assert np.array_equal(cells[:, 0], data.test.inputs[:4, 0].numpy())
    assert np.array_equal(cells[:, 1], data.train.inputs[near, 0].numpy())
    assert payload["captions"][1::2] == [f"nearest {label}" for label in data.train.targets[near].tolist()]
