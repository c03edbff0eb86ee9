"""Autoencoding: unseen classes stay unseen, codes are fitted, the plane of codes lies as N(0, 1) does."""

import pytest
import torch
from torch.distributions import Normal

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import autoencoder, vae
from dltui.engine.tasks import autoencode
from dltui.errors import DltuiError
from tests.engine.conftest import context


def pictures(classes=4, rows=80, side=6):
    """A picture's every pixel is ten times its class, and some grain: who it is can be read from it."""
    targets = torch.arange(rows) % classes
    noise = torch.randint(0, 8, (rows, 1, side, side), generator=torch.Generator().manual_seed(0))
    split = Split((targets[:, None, None, None] * 10 + noise).to(torch.uint8), targets)
    return Dataset(split, split, tuple("abcd"[:classes]), "builtin", "", {})


def made(net=None, classes=4, **options):
    torch.manual_seed(0)
    net = net or autoencoder.build(hidden=[8], size=6)
    return autoencode.build(**options)(context(pictures(classes), {"model": net}))


def of_vae(latent=2):
    torch.manual_seed(0)
    return made(vae.build(latent=latent, hidden=[16], size=6))


def test_no_unseen_picture_is_trained_on():
    """Guards the claim: an autoencoder that has seen them rebuilds them as well as the others."""
    task, met = made(unseen=[1, 3]), []
    task.net.terms = lambda inputs: met.append(inputs) or {"loss": inputs.mean()}
    task.loss(torch.arange(task.size))
    assert task.size == 40 and set((met[0] * 25.5).int().flatten().tolist()) == {0, 2}
    assert made().size == 80


@pytest.mark.parametrize("unseen", [[4], [-1], [0, 1, 2, 3]])
def test_classes_that_do_not_part_the_data_are_refused(unseen):
    with pytest.raises(DltuiError, match="does not part the 4 classes"):
        made(unseen=unseen)
    with pytest.raises(DltuiError, match="Take data with two classes"):
        made(unseen=[0], classes=1)


def test_the_loss_is_the_models_own():
    task = made()
    inputs = task.rows.train.inputs
    want = (task.net(inputs) - inputs).square().mean().item()
    assert task.loss(torch.arange(80)).item() == pytest.approx(want)
    assert task.evaluate() == {"test_loss": pytest.approx(want)}
    assert set(of_vae().evaluate()) == set(autoencode.METRICS) - {"loss"}


@pytest.mark.parametrize("latent", [1, 3])
def test_fitted_codes_lie_as_the_training_codes(latent):
    task = of_vae(latent)
    with torch.no_grad():
        codes, fitted = task.embed(task.rows.train.inputs), task.fitted(torch.randn(100_000, latent))
    assert torch.allclose(fitted.mean(0), codes.mean(0), atol=0.01)
    want, got = (rows.T.cov(correction=0).view(latent, -1) for rows in (codes, fitted))
    assert torch.allclose(got, want, atol=0.02)


def test_samples_of_a_variational_net_decode_noise_those_of_another_fitted_codes():
    for task, from_noise in ((of_vae(), True), (made(), False)):
        z = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
        want = task.net.decode(z if from_noise else task.fitted(z))
        assert torch.equal(task.sample(5, torch.Generator().manual_seed(3)), want)


def test_the_plane_spans_the_standard_normal_and_grows_upwards():
    task = of_vae()
    seen = []
    task.net.decode = lambda z: seen.append(z) or torch.zeros(len(z), 1, 6, 6)
    next(task.pictures())
    z = seen[0].view(autoencode.SIDE, autoencode.SIDE, 2)
    assert torch.allclose(z[0, :, 0], z[-1, :, 0]) and (z[0, 1:, 0] > z[0, :-1, 0]).all()
    assert (z[1:, 0, 1] < z[:-1, 0, 1]).all()
    share = Normal(0.0, 1.0).cdf(z[0, :, 0])
    assert torch.allclose(share.diff(), share.diff()[0], atol=1e-5)


@torch.no_grad()
def test_only_a_net_that_decodes_noise_shows_samples_and_only_two_numbers_make_a_plane():
    panes = [[picture.pane for picture in task.pictures()] for task in (of_vae(), of_vae(3), made())]
    assert panes == [["plane", "samples"], ["samples"], []]
