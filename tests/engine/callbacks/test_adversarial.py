"""FGSM and PGD: inside the box, in the range of pixels, and to where the loss is highest; training on their pictures.

Wrong twins that these miss: a flipped sign (the loss falls), the gradient for its sign (too weak a step), no way back
into the box, a box about the last step for one about the picture.
"""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.callbacks.adversarial import METRICS, build, fgsm, pgd
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context

EPS = 0.03
WIDE = 0.05  # of a linear net
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


# -- training and measuring --------------------------------------------------------------------------------------------


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
def rows() -> Dataset:
    torch.manual_seed(1)
    split = Split(torch.rand(40, 3, 6, 6) * 0.8 + 0.1, torch.arange(40) % 3)
    return Dataset(split, split, ("a", "b", "c"), "builtin", "", {"channels": 3, "size": 6, "classes": 3})


def made(data, **options):
    """A task, what attacks it, and its net."""
    net = Watching()
    task = classify.build()(context(data, {"model": net}))
    return task, build(**{"eps": WIDE, **options})(task), net


ROWS = torch.arange(16)


def test_without_training_steps_batches_stay_clean(rows):
    task, _, net = made(rows)
    x, y = task.rows.train.inputs[ROWS], task.rows.train.targets[ROWS]
    assert task.loss(ROWS).item() == pytest.approx(cross_entropy(net(x), y).item())
    assert torch.equal(net.seen[0], x)


def test_trained_against_attacks_it_is_shown_worse_pictures_in_the_box_once(rows):
    """In training mode the net sees the batch once: else the attack would move the means of its normalisation."""
    clean, _, net = made(rows)
    task, _, hard = made(rows, training_steps=3)
    assert task.loss(ROWS) > clean.loss(ROWS)
    (seen,) = hard.seen
    assert WIDE / 2 < (seen - task.rows.train.inputs[ROWS]).abs().max() <= WIDE + 1e-6
    assert hard.training and all(torch.equal(a, b) for a, b in zip(hard.parameters(), net.parameters(), strict=True))


def test_the_box_grows_with_the_steps_that_were_taken(rows):
    """Guards the ramp: at full size from the first step on the net learns nothing."""
    task, callback, net = made(rows, training_steps=2, ramp=4)
    sizes = []
    for step in range(1, 7):
        callback.before_step(step)
        task.loss(ROWS)
        sizes.append((net.seen[-1] - task.rows.train.inputs[ROWS]).abs().max().item())
    assert sizes == pytest.approx([0, WIDE / 4, WIDE / 2, 3 * WIDE / 4, WIDE, WIDE], abs=1e-5)


def test_attacks_take_the_accuracy_that_random_noise_of_their_size_leaves(rows):
    task, callback, net = made(rows)
    optimizer = torch.optim.Adam(net.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        task.loss(torch.arange(40)).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        values, accuracy = callback.evaluate(), task.evaluate()["accuracy"]
        callback.eps = 0.0
        harmless = callback.evaluate()
    assert accuracy == 1 and values["noise_accuracy"] > 0.9 and set(values) == set(METRICS)
    assert values["pgd_accuracy"] <= values["fgsm_accuracy"] < 0.5
    assert set(harmless.values()) == {1.0}


def test_random_noise_is_as_large_as_the_attacks(rows, monkeypatch):
    """Guards the baseline: a tenth of eps would spare any net."""
    _, callback, net = made(rows)
    shown = []
    monkeypatch.setattr(callback, "_predictions", lambda x: shown.append(x) or torch.zeros(len(x)))
    net.eval()
    callback.evaluate()
    apart = [(x - callback.rows.test.inputs).abs() for x in shown]  # FGSM, PGD, noise
    assert [each.max().item() for each in apart] == pytest.approx([WIDE] * 3, abs=1e-5)
    assert apart[2].mean().item() == pytest.approx(WIDE, rel=0.1)  # all pixels, but those near black and white


def test_the_picture_shows_clean_noise_and_attacked_with_the_predictions(rows):
    task, callback, net = made(rows)
    net.eval()
    with torch.no_grad():
        payload = next(callback.pictures()).payload
        predicted = [task.rows.classes[k] for k in net(task.rows.test.inputs[:3]).argmax(1).tolist()]
    assert (payload["rows"], payload["columns"]) == (3, 3)
    assert payload["captions"][::3] == predicted and payload["captions"][1] == "noise x10"
    clean, noise, attacked = payload["pixels"].reshape(3, 6, 3, 6, 3).astype(float).transpose(2, 0, 1, 3, 4)
    assert abs(attacked - clean).max() <= 255 * WIDE + 1
    assert ((noise > 140) == (attacked > clean + 8)).mean() > 0.95, "grey is no noise, and lighter is lighter"


def test_rows_of_numbers_are_refused(data):
    with pytest.raises(DltuiError, match="pictures"):
        made(data)
