"""Adversarial training: the losses in the paper's form, the averaged generator, and where arrows of a plane point."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.data import clouds
from dltui.engine.losses import non_saturating, saturating
from dltui.engine.models import mlp
from dltui.engine.regularizers import gradient_penalty
from dltui.engine.tasks.gan import build
from dltui.errors import DltuiError
from tests.engine.conftest import blobs, context

ROWS = torch.arange(50)


def of_pictures(**options):
    """A GAN of small bright and dark pictures, and its nets."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    split = Split(torch.randint(0, 256, (200, 1, 12, 12), generator=generator).to(torch.uint8), torch.arange(200) % 2)
    data = Dataset(split, split, ("dark", "bright"), "builtin", "", {"channels": 1, "size": 12, "classes": 2})
    D = mlp.build(inputs=144, hidden=[8], outputs=1)
    return made(
        data,
        mlp.build(inputs=4, hidden=[8], outputs=144, activation="leaky_relu", batch_norm=True, output="tanh"),
        D,
        options,
    )


def of_plane(**options):
    torch.manual_seed(0)
    data = clouds.build(shape="circle", groups=8, rows=500, spread=0.05).builtin()
    D = mlp.build(inputs=2, hidden=[8], outputs=1, activation="tanh")
    return made(data, mlp.build(inputs=4, hidden=[8], outputs=2), D, options)


def made(data, G, D, options):
    nets = {"generator": G, "discriminator": D}
    parts = {name: options.pop(name) for name in ("loss", "regularizer") if name in options}
    return build(**options)(context(data, nets, **parts)), nets


@pytest.mark.parametrize("of", [of_pictures, of_plane])
def test_the_losses_are_those_of_the_paper(of):
    """Guards the signs: a generator that helps the discriminator has the opposite one."""
    task, _ = of()
    torch.manual_seed(1)
    got_D, got_G = task.discriminator_loss(ROWS).item(), task.generator_loss(ROWS).item()
    torch.manual_seed(1)
    ones, zeros = torch.ones(50, 1), torch.zeros(50, 1)
    x = task.rows.train.inputs[ROWS]
    x = x * 2 - 1 if of is of_pictures else x
    fakes = task.G(torch.randn(50, 4))
    want_D = binary_cross_entropy_with_logits(task.D(x), ones) + binary_cross_entropy_with_logits(task.D(fakes), zeros)
    want_G = binary_cross_entropy_with_logits(task.D(task.G(torch.randn(50, 4))), ones)
    assert got_D == pytest.approx(want_D.item(), rel=1e-4)
    assert got_G == pytest.approx(want_G.item(), rel=1e-4)


def test_the_saturating_loss_has_less_gradient_while_the_discriminator_is_ahead():
    norms = {}
    for loss in (saturating, non_saturating):
        task, nets = of_pictures(loss=loss.build())
        with torch.no_grad():
            nets["discriminator"].head.bias -= 12  # it is sure that all is made
        task.generator_loss(ROWS).backward()
        norms[loss] = sum(p.grad.square().sum() for p in nets["generator"].parameters() if p.grad is not None)
    assert norms[saturating] < 1e-3 * norms[non_saturating]


def test_the_discriminators_loss_moves_no_generator():
    task, nets = of_pictures()
    task.discriminator_loss(ROWS).backward()
    assert all(p.grad is None for p in nets["generator"].parameters())


def test_the_penalty_moves_the_discriminator_and_no_generator():
    """Guards create_graph: without it the penalty is a number that teaches nothing."""
    grads = []
    for gamma in (0.0, 1.0):
        task, nets = of_plane(regularizer=gradient_penalty.build(gamma=gamma))
        torch.manual_seed(1)
        task.discriminator_loss(ROWS).backward()
        grads.append(task.D.layers[0].weight.grad)
        assert all(p.grad is None for p in nets["generator"].parameters())
    assert not torch.allclose(*grads, atol=1e-4)


def test_what_is_shown_comes_from_the_running_mean():
    task, nets = of_pictures(average=0.9)
    task.after_step()  # the first copies
    before = task.average.module.layers[0].weight.clone()
    with torch.no_grad():
        nets["generator"].layers[0].weight += 1
    task.after_step()
    assert torch.allclose(task.average.module.layers[0].weight, before + 0.1, atol=1e-5)
    assert nets["average"] is task.average  # so that a checkpoint holds it
    drawn = (task.average(noise(3)).view(3, 1, 12, 12) + 1) / 2
    assert torch.equal(task.sample(3, torch.Generator().manual_seed(1)), drawn)
    assert "average" not in of_plane()[1]


def test_the_real_score_is_that_of_pictures_it_was_not_trained_on():
    task, nets = of_pictures()
    bright = task.rows.test.inputs.flatten(1).mean(1) > 0.5
    task.rows.test.inputs = task.rows.test.inputs[bright]  # cached: what the test rows are from now on
    with torch.no_grad():
        want = torch.sigmoid(nets["discriminator"](task.rows.test.inputs.flatten(1) * 2 - 1)).mean()
        assert task.evaluate()["real_score"] == pytest.approx(want.item())
        assert want != torch.sigmoid(nets["discriminator"](task.rows.train.inputs.flatten(1) * 2 - 1)).mean()


def noise(count):
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(1))


def test_arrows_point_to_where_the_discriminator_believes_and_only_samples_have_them():
    task, _ = of_plane()
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


def test_other_data_are_refused(data):
    wide = data._replace(train=blobs(40, 0, dims=3), test=blobs(40, 0, dims=3))
    with pytest.raises(DltuiError, match="needs pictures"):
        build()(context(wide, {"generator": None, "discriminator": None}))
