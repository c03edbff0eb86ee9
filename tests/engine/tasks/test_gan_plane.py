"""A GAN in the plane: its losses and penalty, where arrows point, and who is told to go elsewhere."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.data import ring
from dltui.engine.models import mlp
from dltui.engine.tasks import gan_plane
from dltui.errors import DltuiError
from tests.engine.conftest import CPU, blobs


def task_of(**options):
    torch.manual_seed(0)
    nets = {
        "generator": mlp.build(inputs=4, hidden=[8], outputs=2),
        "discriminator": mlp.build(inputs=2, hidden=[8], outputs=1, activation="tanh"),
    }
    return gan_plane.build(**options)(ring.build(rows=400).builtin(), nets, CPU)


ROWS = torch.arange(50)


def test_the_losses_are_those_of_the_paper():
    """Guards the signs: a generator that helps the discriminator has the opposite one."""
    task = task_of()
    torch.manual_seed(1)
    got_D, got_G = task.discriminator_loss(ROWS).item(), task.generator_loss(ROWS).item()
    torch.manual_seed(1)
    ones, zeros = torch.ones(50, 1), torch.zeros(50, 1)
    real, fakes = task.D(task.x[ROWS]), task.D(task.made(50))
    want_D = binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fakes, zeros)
    want_G = binary_cross_entropy_with_logits(task.D(task.made(50)), ones)
    assert got_D == pytest.approx(want_D.item(), rel=1e-4)
    assert got_G == pytest.approx(want_G.item(), rel=1e-4)


def test_the_penalty_of_a_plane_is_its_slope():
    """D(x) = 3 x + 4 y has the slope 5 everywhere: gamma/2 of 25. Guards a missing square and a missing half."""
    task = task_of(penalty=0.2)
    task.D = nn.Linear(2, 1)
    with torch.no_grad():
        task.D.weight.copy_(torch.tensor([[3.0, 4.0]]))
    torch.manual_seed(1)
    with_penalty = task.discriminator_loss(ROWS).item()
    task.penalty = 0.0
    torch.manual_seed(1)
    assert with_penalty - task.discriminator_loss(ROWS).item() == pytest.approx(2.5, rel=1e-4)


def test_the_penalty_moves_the_discriminator():
    """Guards create_graph: without it the penalty is a number that teaches nothing."""
    grads = {}
    for penalty in (0.0, 1.0):
        task = task_of(penalty=penalty)
        task.discriminator_loss(ROWS).backward()
        grads[penalty] = task.D.layers[0].weight.grad
        assert all(p.grad is None for p in task.G.parameters())
    assert not torch.allclose(grads[0.0], grads[1.0], atol=1e-4)


def test_arrows_point_to_where_the_discriminator_believes_and_only_samples_have_them():
    task = task_of()
    with torch.no_grad():
        points = next(task.pictures()).payload["points"]
    arrows = np.stack([points["dx"], points["dy"]], 1)
    fake = points["label"] == 1
    assert np.isnan(arrows[~fake]).all() and np.isfinite(arrows[fake]).all()
    before = torch.from_numpy(np.stack([points["x"], points["y"]], 1)[fake])
    step = torch.from_numpy(arrows[fake])
    after = before + 0.01 * step / step.norm(dim=1, keepdim=True)
    with torch.no_grad():
        assert (task.D(after) > task.D(before)).all()


def test_points_of_the_training_set_cover_every_mode():
    task = task_of()
    task.made = lambda count: task.x
    assert task.evaluate() == {"modes": 8, "near": pytest.approx(1, abs=0.01)}
    task.made = lambda count: task.x * 0
    assert task.evaluate() == {"modes": 0, "near": 0}


def test_other_data_are_refused():
    with pytest.raises(DltuiError, match=r"data\.kind=ring"):
        train = blobs(40, 0)
        wide = train._replace(inputs=train.inputs.repeat(1, 2))
        gan_plane.build()(ring.build().builtin()._replace(train=wide), {"generator": None, "discriminator": None}, CPU)
