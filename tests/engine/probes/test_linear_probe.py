"""The linear probe: a few labels alone are used; the net before training is judged as it was."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.losses import colorization
from dltui.engine.probes import linear_probe
from dltui.errors import DltuiError
from tests.engine.losses.test_rotation import rotation
from tests.engine.tasks.test_pretext import data, made  # noqa: F401


def test_as_many_labels_of_each_class_from_the_first_rows():
    targets = torch.tensor([2, 0, 1, 1, 0, 2, 2, 0])
    assert linear_probe.first_of_each(targets, 3, 6).tolist() == [1, 4, 2, 3, 0, 5]
    with pytest.raises(DltuiError, match="less than one label for each of 3 classes"):
        linear_probe.first_of_each(targets, 3, 2)


@torch.no_grad()
def test_the_net_before_training_is_judged_as_it_was(data):  # noqa: F811
    """Guards a copy that is trained too."""
    task = made(data, rotation.build(), 4)
    probe = linear_probe.build(labels=12)(task)
    first = probe.evaluate()
    assert first["probe_accuracy"] == first["untrained_accuracy"]
    task.net.embed = lambda pictures: torch.zeros(len(pictures), 2)  # an encoder that has forgotten all
    then = probe.evaluate()
    assert then["untrained_accuracy"] == first["untrained_accuracy"]
    assert then["probe_accuracy"] == pytest.approx(1 / 3)


@torch.no_grad()
def test_only_the_few_labels_are_used(data):  # noqa: F811
    task = made(data, rotation.build(), 4)
    before = linear_probe.build(labels=6)(task).evaluate()
    task.rows.train.targets[20:] = 0
    assert linear_probe.build(labels=6)(task).evaluate() == before


@torch.no_grad()
def test_an_encoder_that_learned_from_grey_is_judged_by_grey_pictures():
    """Guards colours that tell the class: the encoder has never seen any."""
    torch.manual_seed(0)
    targets = torch.arange(60) % 3
    chroma = torch.tensor([[-0.1, 0.3], [-0.1, -0.3], [0.3, 0.0]])[targets][..., None, None].expand(60, 2, 4, 4)
    split = Split(colorization.coloured((0.4 + 0.2 * torch.rand(60, 1, 4, 4)).expand(60, 3, 4, 4), chroma), targets)
    coloured = Dataset(split, split, ("a", "b", "c"), "builtin", "", {"channels": 3, "size": 4, "classes": 3})
    found = {}
    for loss in (rotation.build(), colorization.build()):
        task = made(coloured, loss, 4)
        task.net.embed = lambda pictures: pictures.flatten(1)
        found[type(loss).__name__] = linear_probe.build(labels=15)(task).evaluate()["probe_accuracy"]
    assert found["Rotation"] > 0.95 and found["Colorization"] < 0.8
