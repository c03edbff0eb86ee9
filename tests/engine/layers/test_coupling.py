"""Couplings: invertible, with the determinant that autograd finds, and a density that sums to 1."""

import math

import pytest
import torch

from dltui.engine.layers.coupling import Coupling, Flow, log_normal


def stirred(part):
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in part.parameters():
            parameter += 0.4 * torch.randn_like(parameter)
    return part.double()


@pytest.mark.parametrize("dimensions", [2, 5])
def test_there_and_back_and_the_determinant_of_the_jacobian(dimensions):
    flow, x = stirred(Flow(dimensions, 4, 16)), torch.randn(6, dimensions).double()
    z, log_det = flow(x)
    assert (z - x).abs().max() > 0.5 and torch.allclose(flow.inverse(z), x, atol=1e-9)
    for row, found in zip(x, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda one: flow(one[None])[0][0], row)
        assert torch.isclose(jacobian.det().abs().log(), found)


def test_what_is_kept_stays_and_a_new_coupling_changes_nothing():
    kept, x = torch.tensor([1.0, 0.0]), torch.randn(5, 2)
    assert torch.equal(Coupling(kept, 8)(x)[0], x)
    y, s = stirred(Coupling(kept, 8))(x.double())
    assert torch.equal(y[:, 0], x[:, 0].double()) and (y[:, 1] - x[:, 1]).abs().min() > 0 and s.abs().max() <= 2


def test_without_couplings_it_is_a_gaussian():
    flow, x = stirred(Flow(2, 0, 8)), torch.randn(7, 2).double()
    normal = torch.distributions.Normal(-flow.move / flow.log_stretch.exp(), (-flow.log_stretch).exp())
    assert torch.allclose(flow.log_prob(x), normal.log_prob(x).sum(1))
    assert math.isclose(log_normal(torch.zeros(1, 3)).item(), -1.5 * math.log(2 * math.pi), rel_tol=1e-6)
