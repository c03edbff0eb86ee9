"""Adversarial training: what a batch becomes before it is learned, and what is measured."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.adversarial import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

EPS = 0.05


class Watching(nn.Module):
    """A linear net that remembers what it was shown in training mode."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.norm = nn.Linear(3 * 6 * 6, 3), nn.BatchNorm1d(3)
        self.seen = []

    def forward(self, pictures):
        if self.training:
            self.seen.append(pictures.detach())
        return self.norm(self.linear(pictures.flatten(1)))


@pytest.fixture
def pictures() -> Dataset:
    torch.manual_seed(1)
    split = Split(torch.rand(40, 3, 6, 6) * 0.8 + 0.1, torch.arange(40) % 3)
    return Dataset(split, split, ("a", "b", "c"), "builtin", "", {"channels": 3, "size": 6, "classes": 3})


def made(data, **options):
    nets = {"model": Watching()}
    return build(**{"eps": EPS, **options})(data, nets, CPU), nets["model"]


ROWS = torch.arange(16)


def test_without_training_steps_batches_stay_clean(pictures):
    task, net = made(pictures)
    assert task.loss(ROWS).item() == pytest.approx(cross_entropy(net(task.inputs[ROWS]), task.targets[ROWS]).item())
    assert torch.equal(net.seen[0], task.inputs[ROWS])


def test_trained_against_attacks_it_is_shown_worse_pictures_in_the_box_once(pictures):
    """In training mode the net sees the batch once: else the attack would move the means of its normalisation."""
    clean, net = made(pictures)
    task, hard = made(pictures, training_steps=3)
    assert task.loss(ROWS) > clean.loss(ROWS)
    (seen,) = hard.seen
    assert EPS / 2 < (seen - task.inputs[ROWS]).abs().max() <= EPS + 1e-6
    assert hard.training and all(torch.equal(a, b) for a, b in zip(hard.parameters(), net.parameters(), strict=True))


def test_the_box_grows_with_the_steps_that_were_taken(pictures):
    """Guards the ramp: at full size from the first step on the net learns nothing."""
    task, net = made(pictures, training_steps=2, ramp=4)
    sizes = []
    for _ in range(6):
        task.loss(ROWS)
        task.after_step()
        sizes.append((net.seen[-1] - task.inputs[ROWS]).abs().max().item())
    assert sizes == pytest.approx([0, EPS / 4, EPS / 2, 3 * EPS / 4, EPS, EPS], abs=1e-5)


def test_attacks_take_the_accuracy_that_random_noise_of_their_size_leaves(pictures):
    task, net = made(pictures)
    optimizer = torch.optim.Adam(net.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        task.loss(torch.arange(40)).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        values = task.evaluate()
        task.eps = 0.0
        harmless = task.evaluate()
    assert values["accuracy"] == 1 and values["noise"] > 0.9
    assert values["pgd"] <= values["fgsm"] < 0.5
    assert harmless["pgd"] == harmless["fgsm"] == harmless["noise"] == 1


def test_the_picture_shows_clean_noise_and_attacked_with_the_predictions(pictures):
    task, net = made(pictures)
    net.eval()
    with torch.no_grad():
        payload = next(task.pictures()).payload
        predicted = [task.classes[k] for k in net(task.test_inputs[:3]).argmax(1).tolist()]
    assert (payload["rows"], payload["columns"]) == (3, 3)
    assert payload["captions"][::3] == predicted and payload["captions"][1] == "noise x10"
    clean, noise, attacked = payload["pixels"].reshape(3, 6, 3, 6, 3).astype(float).transpose(2, 0, 1, 3, 4)
    assert abs(attacked - clean).max() <= 255 * EPS + 1
    assert ((noise > 140) == (attacked > clean + 8)).mean() > 0.95, "grey is no noise, and lighter is lighter"


def test_rows_of_numbers_are_refused(data):
    with pytest.raises(DltuiError, match="pictures"):
        made(data)
