"""Curves are what their names say, and the test lies between the points of the training."""

import torch

from dltui.engine.data.curve import CURVES, build


def test_curves_are_what_their_names_say():
    x = torch.linspace(-1, 1, 2001, dtype=torch.float64)[:-1]
    steps = {name: curve(x).diff().abs() for name, curve in CURVES.items()}
    assert (steps["stairs"] > 1e-9).sum() == 3 and steps["stairs"].max() == 0.5
    assert steps["wave"].max() < 0.03 and steps["corners"].max() < 0.005
    assert (CURVES["corners"](x).diff().diff().abs() > 1e-6).sum() >= 3
    assert all(curve(x).abs().max() < 2 for curve in CURVES.values())


def test_noise_is_as_wide_as_asked_for_and_new_at_every_point():
    data = build(curve="sine", rows=4000, noise=0.3).builtin()
    parts = [split.targets - CURVES["sine"](split.inputs[:, 0]) for split in (data.train, data.test)]
    assert all(abs(part.mean()) < 0.02 and abs(part.std() - 0.3) < 0.02 for part in parts)
    assert abs(torch.corrcoef(torch.stack([parts[0][:-1], parts[1]]))[0, 1]) < 0.05


def test_the_error_is_measured_between_the_points_of_the_training():
    data = build(curve="corners").builtin()
    x = data.train.inputs
    assert torch.allclose(data.test.inputs, (x[1:] + x[:-1]) / 2, atol=1e-6)
    assert torch.equal(data.test.targets, CURVES["corners"](data.test.inputs[:, 0]))
