"""Climbing a classifier: it gets surer, smoothness pays, and real digits are known as such."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.probes.classifier_samples import build, roughness
from dltui.engine.tasks import classify
from tests.engine.conftest import context

SIDE = 12


def made(**options):
    """A classifier with random weights, of pictures whose upper or lower half is bright."""
    torch.manual_seed(0)
    targets = torch.arange(60) % 2
    pictures = torch.randint(0, 60, (60, 1, SIDE, SIDE), dtype=torch.uint8)
    pictures[targets == 0, :, : SIDE // 2] += 180
    pictures[targets == 1, :, SIDE // 2 :] += 180
    net = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 16), nn.Tanh(), nn.Linear(16, 2))
    rows = Split(pictures, targets)
    data = Dataset(rows, rows, ("up", "down"), "builtin", "halves", {"channels": 1, "size": SIDE, "classes": 2})
    task = classify.build()(context(data, {"model": net}))
    return build(samples=20, ascent=20, **options)(task)


def test_roughness_is_the_mean_difference_of_neighbours():
    x = torch.tensor([[0.0, 1.0], [0.0, 0.5]])[None, None]
    assert roughness(x).tolist() == pytest.approx([(1 + 0.5) / 2 + (0 + 0.5) / 2])


@torch.no_grad()
def test_pixels_climb_and_weights_stay():
    probe = made()
    before = [weight.clone() for weight in probe.task.net.parameters()]
    x, path = probe.climbed()
    assert path[-1] > path[0] + 0.1 and path[-1] == pytest.approx(probe.log_p(x).mean().item())
    assert x.min() >= 0 and x.max() <= 1
    assert all(torch.equal(a, b) for a, b in zip(before, probe.task.net.parameters(), strict=True))


@torch.no_grad()
def test_a_prior_makes_neighbours_alike():
    bare, smooth = (roughness(made(smoothness=weight).climbed().x).mean() for weight in (0.0, 30.0))
    assert smooth < 0.9 * bare


@torch.no_grad()
def test_what_begins_at_digits_is_of_their_class_and_among_them(home):
    """Guards the measure: a training picture lies at distance 0 from itself."""
    probe = made(start="digits")
    begun = probe._begun()
    far, number = probe._nearest(begun)
    assert far.max() < 0.05 and torch.equal(probe.rows.train.targets[number], probe.labels)
