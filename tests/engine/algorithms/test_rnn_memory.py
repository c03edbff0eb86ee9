"""The memory problems are what they are said to be, and the gradient is that of torch's autograd."""

import pytest
import torch

from dltui.engine.algorithms.rnn_memory import BLANK, COPIED, GO, adding, build, copying, left
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(0)
    return build(**{"lengths": [4, 8], "hidden": 8, "batch": 16, **options})(context())


def test_two_numbers_are_marked_and_added():
    x, y = adding(200, 30, torch.Generator().manual_seed(0))
    assert (x[..., 1].sum(1) == 2).all()
    assert (x[:, :3, 1].sum(1) == 1).all() and (x[:, 15:, 1].sum(1) == 1).all()  # a tenth, the second half
    torch.testing.assert_close(x.prod(2).sum(1, keepdim=True), y)
    assert y.sub(1).square().mean().item() == pytest.approx(1 / 6, abs=0.03)


def test_symbols_come_first_and_are_asked_for_after_the_gap():
    x, y = copying(50, 6, torch.Generator().manual_seed(0))
    assert x.shape == (50, COPIED + 6 + COPIED, GO + 1)
    symbols = x.argmax(2)
    assert torch.equal(symbols[:, :COPIED], y)
    assert (symbols[:, COPIED + 5] == GO).all() and (symbols[:, COPIED + 6 :] == BLANK).all()


@pytest.mark.parametrize(("cell", "problem"), [("plain", "adding"), ("lstm", "copying"), ("gru", "adding")])
def test_short_sequences_are_learned(cell, problem):
    """Guards what is read off: with the wrong step no cell learns even these."""
    process = made(cell=cell, problem=problem, lengths=[4], batch=32, hidden=16)
    with torch.no_grad():
        before = process.evaluate()["error_long"]
    for _ in range(100):
        process.step()
    with torch.no_grad():
        assert process.evaluate()["error_long"] < 0.6 * before


def test_the_gradient_in_a_state_is_that_of_a_small_change():
    """Guards the order of the steps: the loss is differentiated by hand in the state after the first."""
    process = made(cell="plain", lengths=[6]).double()
    x, y = (part[:32].double() for part in process.tests[6])
    process.tests[6] = x, y
    norms = process.gradients()

    def loss(h):
        return process.loss(process.answers(process.cell(x[:, 1:], h)[0]), y)

    h = process.cell(x[:, :1])[1].detach().requires_grad_()
    torch.testing.assert_close(norms[0], torch.autograd.grad(loss(h), h)[0].norm())
    assert len(norms) == 5 and left(norms) == pytest.approx((norms[0] / norms[-1]).item())


def test_a_closed_forget_gate_lets_no_gradient_through():
    assert left(made(cell="lstm", forget_bias=-8.0).untrained) < 0.01 * left(made(cell="lstm").untrained)


def test_it_goes_on_from_its_state():
    one, two = made(), made()
    for _ in range(3):
        one.step()
    two.load_state_dict(one.state_dict())
    for process in (one, two):
        torch.manual_seed(7)
        process.step()
    assert torch.equal(one.head.weight, two.head.weight)
