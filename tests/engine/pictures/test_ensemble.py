"""Averages of answers: probabilities, not logits; every team of a size."""

from itertools import combinations

import pytest
import torch
from torch.nn.functional import cross_entropy, nll_loss

from dltui.engine.pictures.ensemble import accuracies, averaged, by_size, measured


@pytest.fixture
def logits():
    return 3 * torch.randn(5, 40, 3, generator=torch.Generator().manual_seed(0))


TARGETS = torch.arange(40) % 3


def test_probabilities_are_averaged_and_not_logits():
    """One member is very sure, two lean the other way: the mean of logits would follow the sure one."""
    logits = torch.tensor([[[9.0, 0.0]], [[0.0, 2.0]], [[0.0, 2.0]]])
    sure, lean = 1 / (1 + torch.tensor(-9.0).exp()), 1 / (1 + torch.tensor(2.0).exp())
    assert torch.allclose(averaged(logits)[0, 0], (sure + 2 * lean) / 3)
    assert averaged(logits).argmax() == 1 and logits.mean(0).argmax() == 0


def test_its_loss_is_at_most_their_mean(logits):
    values = measured(logits, TARGETS)
    assert values["mean_loss"] == pytest.approx(cross_entropy(logits.flatten(0, 1), TARGETS.repeat(5)).item())
    assert values["ensemble_loss"] == pytest.approx(nll_loss(averaged(logits).log(), TARGETS).item(), rel=1e-5)
    assert values["ensemble_loss"] < values["mean_loss"]


def test_teams_of_every_size(logits):
    found = by_size(logits, TARGETS)
    assert found[0].item() == pytest.approx(accuracies(logits, TARGETS).mean().item())
    assert found[-1].item() == pytest.approx((averaged(logits).argmax(1) == TARGETS).float().mean().item())
    twos = [averaged(logits[[a, b]]).argmax(1) == TARGETS for a, b in combinations(range(5), 2)]
    assert found[1].item() == pytest.approx(torch.stack(twos).float().mean().item())
