"""Codes: which units are on, how they react, and what is won over noise."""

import pytest
import torch

from dltui.engine.models import tied_autoencoder
from dltui.engine.probes import code_jacobian, code_units, denoising
from tests.engine.tasks.test_autoencode import made


def task():
    torch.manual_seed(0)
    return made(tied_autoencoder.build(latent=5, size=6))


@torch.no_grad()
def test_units_below_a_tenth_are_off_and_dead_where_they_always_are():
    watched = task()
    watched.net.W.zero_()
    watched.net.b.copy_(torch.tensor([-9.0, -9.0, 0.0, 9.0, -9.0]))  # two of five are on for every picture
    found = code_units.build()(watched).evaluate()
    assert found["near_zero"] == pytest.approx(0.6) and found["dead_units"] == pytest.approx(0.6)
    assert found["units_on"] == 2
    assert [one.pane for one in code_units.build()(watched).pictures()] == ["units", "values of the code"]


@torch.no_grad()
def test_the_jacobian_by_formula_is_the_automatic_one_and_a_constant_code_does_not_react():
    watched = task()
    probe = code_jacobian.build()(watched)
    found = probe.evaluate()
    assert found["formula_error"] < 1e-4
    exact = probe.jacobians().square().sum((1, 2)).sqrt().mean().item()
    assert exact == pytest.approx(found["jacobian"], rel=0.05)  # 64 of the 80 pictures
    watched.net.W.mul_(1e-3)
    assert probe.evaluate()["jacobian"] < 2e-3 * found["jacobian"]


@torch.no_grad()
def test_what_is_won_is_measured_from_the_noisy_pictures():
    watched = task()
    clean = watched.rows.test.inputs
    watched.reconstruct = lambda pictures: pictures  # it copies
    copied = denoising.build(noise=0.1)(watched).evaluate()
    assert copied["gain"] == 0 and copied["noisy_psnr"] == pytest.approx(20, abs=0.5)  # -10 log10 0.01
    watched.reconstruct = lambda pictures: clean + 0.01 * torch.ones_like(pictures)
    assert denoising.build(noise=0.1)(watched).evaluate()["psnr"] == pytest.approx(40, abs=0.1)
