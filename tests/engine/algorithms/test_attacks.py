"""FGSM and PGD: inside the box, in the range of pixels, and to where the loss is highest.

Wrong twins that these miss: a flipped sign (the loss falls), the gradient for its sign (too weak a step), no way back
into the box, a box about the last step for one about the picture.
"""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.attacks import fgsm, pgd

EPS = 0.03
ATTACKS = {
    "fgsm": partial(fgsm, eps=EPS),
    "pgd": partial(pgd, eps=EPS, steps=10),
    "one step of pgd": partial(pgd, eps=EPS, steps=1),
}


@pytest.fixture
def pictures():
    """Pictures with some pixels at both ends of the range."""
    torch.manual_seed(0)
    return (1.4 * torch.rand(20, 3, 8, 8) - 0.2).clamp(0, 1)


@pytest.fixture
def loss():
    """A curved loss: that of a small net with random weights."""
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16 * 36, 20), nn.Tanh(), nn.Linear(20, 4)
    )
    for p in net.parameters():
        p.data *= 3
    targets = torch.randint(0, 4, (20,))
    return lambda x: cross_entropy(net(x), targets)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_pixel_changes_by_more_than_eps_nor_leaves_its_range(attack, pictures, loss):
    """Guards the way back into the box after each step, and pixels below 0 or above 1."""
    attacked = attack(loss, pictures)
    assert (attacked - pictures).abs().max() <= EPS + 1e-6
    assert attacked.min() >= 0 and attacked.max() <= 1
    assert not torch.equal(attacked, pictures)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_loss_rises_far_more_than_under_random_noise_of_that_size(attack, pictures, loss):
    """Guards the sign of the step, and that of the gradient being taken: its size alone moves nothing."""
    with torch.no_grad():
        before = loss(pictures)
        rise = loss(attack(loss, pictures)) - before
        noise = EPS * torch.randn_like(pictures).sign()
        random = loss((pictures + noise).clamp(0, 1)) - before
    assert rise > 0 and rise > 3 * random.abs()


def test_where_the_loss_is_straight_one_step_is_the_highest_of_the_box():
    """L = w.x rises by eps |w|_1 at most, and only the sign gets there, no gradient of any length."""
    torch.manual_seed(0)
    w = torch.randn(1, 1, 5, 5)
    x = torch.full((1, 1, 5, 5), 0.5)
    attacked = fgsm(lambda x: (w * x).sum(), x, EPS)
    assert torch.allclose(attacked, x + EPS * w.sign())
    assert ((w * (attacked - x)).sum() / (EPS * w.abs().sum())).item() == pytest.approx(1, abs=1e-4)


def test_ten_steps_climb_higher_than_one(pictures, loss):
    assert loss(pgd(loss, pictures, EPS, 10)) > loss(fgsm(loss, pictures, EPS))


def test_one_step_of_pgd_from_the_picture_is_fgsm(pictures, loss):
    assert torch.allclose(pgd(loss, pictures, EPS, 1), fgsm(loss, pictures, EPS), atol=1e-6)


def test_the_box_is_about_the_picture_wherever_it_starts(pictures, loss):
    start = (pictures + EPS * (2 * torch.rand_like(pictures) - 1)).clamp(0, 1)
    attacked = pgd(loss, pictures, EPS, 5, start=start)
    assert (attacked - pictures).abs().max() <= EPS + 1e-6


def test_weights_get_no_gradient_and_gradients_may_be_off(pictures):
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))
    with torch.no_grad():
        attacked = fgsm(lambda x: net(x).square().sum(), pictures, EPS)
    assert not attacked.requires_grad
    assert all(p.grad is None for p in net.parameters())
