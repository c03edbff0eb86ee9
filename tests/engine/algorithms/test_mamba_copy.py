"""Selective copying: the scan is the loop, fixed steps are a convolution, rows hold what is marked in its order."""

import pytest
import torch

from dltui.engine.algorithms.mamba_copy import Sizes, build, looped, scan
from dltui.errors import DltuiError
from tests.engine.conftest import context


def made(seed=0, steps=400, **options):
    torch.manual_seed(seed)
    return build(**options)(context(seed=seed, steps=steps))


@torch.no_grad()
def trained(part, steps):
    for _ in range(steps):
        part.step()
    return part


@pytest.mark.parametrize("length", [1, 2, 7, 16, 33])
def test_the_scan_is_the_plain_loop_and_so_are_its_gradients(length):
    torch.manual_seed(length)
    a, b = torch.rand(2, length, 3, 2, dtype=torch.float64), torch.randn(2, length, 3, 2, dtype=torch.float64)
    found = []
    for compute in (scan, looped):
        leaves = [part.clone().requires_grad_() for part in (a, b)]
        h = compute(*leaves)
        found.append([h, *torch.autograd.grad(h.sin().sum(), leaves, materialize_grads=True)])
    for ours, wanted in zip(*found, strict=True):
        assert torch.allclose(ours, wanted)


def test_rows_ask_for_the_marked_symbols_in_their_order():
    tokens, answers = Sizes(symbols=5, marked=3, length=12).rows(50)
    for row, wanted in zip(tokens, answers, strict=True):
        assert torch.equal(row[row < 5], wanted)
        assert row[12:].tolist() == [10, 11, 12] and ((row[:12] >= 5) & (row[:12] < 10)).sum() == 9


def test_a_state_is_the_formula_of_the_paper():
    net = made(width=6, state=3).net
    tokens = Sizes(8, 3, 24).rows(2)[0]
    x, dt, a, b = net.factors(tokens)
    A = -net.log_A.exp()
    assert torch.allclose(a[1, 4, 5], (dt[1, 4, 5] * A[5]).exp())
    assert torch.allclose(b[1, 4, 5], dt[1, 4, 5] * x[1, 4, 5] * net.B(x[1, 4]))


def test_fixed_steps_make_a_convolution():
    net = made(selective=False, width=4, state=2).net
    x, dt, a, b = net.factors(Sizes(8, 3, 24).rows(1)[0])
    assert torch.equal(dt, dt[:, :1].expand_as(dt))
    y = (looped(a, b) * net.C.bias).sum(-1)[0]  # (T, D)
    past = torch.arange(len(y))
    powers = a[0, 0] ** past[:, None, None]  # (T, D, N)
    kernel = (powers * dt[0, 0][:, None] * net.B.bias * net.C.bias).sum(-1)  # (T, D)
    wanted = torch.stack([(kernel[: t + 1].flip(0) * x[0, : t + 1]).sum(0) for t in past])
    assert torch.allclose(y, wanted, atol=1e-6)


def test_it_resumes_exactly():
    options = {"width": 4, "state": 2, "length": 8, "batch": 8}
    one, other = trained(made(**options), 5), made(seed=7, **options)
    other.load_state_dict(one.state_dict())
    for part in (one, other):
        torch.manual_seed(3)
        trained(part, 5)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_it_learns_to_take_larger_steps_at_what_is_marked():
    part = trained(made(symbols=2, marked=1, length=8, width=8, steps=150), 150)
    found = part.evaluate()
    assert found["accuracy"] > 0.95 and found["marked_share"] > 0.6 and found["scan_error"] < 1e-5
    state, steps = (picture.payload for picture in part.pictures())
    assert state["values"].shape == (32, 9) and len(steps["parts"]) == 9


def test_marked_symbols_leave_others():
    with pytest.raises(DltuiError, match="Take at most 7"):
        build(length=8, marked=8)
