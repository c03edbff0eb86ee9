"""Gated cells: a gate does what its formula says, and each peephole sees the state that it should."""

import pytest
import torch

from dltui.engine.layers.gated_cells import Weights, gru_step, lstm_step


def drawn(*shape):
    return torch.randn(shape, dtype=torch.float64)


@pytest.fixture
def weights():
    torch.manual_seed(0)
    return Weights(drawn(8, 3), drawn(8, 2), drawn(8), drawn(8), drawn(3, 2))


def test_f_and_i_read_the_old_cell_state_and_o_the_new(weights):
    """Guards the order: o of the same inputs changes with the candidate, which only the new state has seen."""
    x, h, c = drawn(1, 3), drawn(1, 2), drawn(1, 2)
    other = weights._replace(b_x=weights.b_x.clone().index_fill_(0, torch.tensor([4, 5]), 9.0))  # another candidate g
    one, two = lstm_step(x, h, c, weights), lstm_step(x, h, c, other)
    torch.testing.assert_close(one.f, two.f)
    torch.testing.assert_close(one.i, two.i)
    assert not torch.allclose(one.o, two.o)
    blind = lstm_step(x, h, c, weights._replace(peep=torch.zeros(3, 2).double()))
    assert not torch.allclose(one.f, blind.f) and not torch.allclose(one.i, blind.i)


def test_no_peephole_is_a_peephole_of_nothing(weights):
    x, h, c = drawn(1, 3), drawn(1, 2), drawn(1, 2)
    nothing = weights._replace(peep=torch.zeros(3, 2).double())
    torch.testing.assert_close(lstm_step(x, h, c, nothing).h, lstm_step(x, h, c, weights._replace(peep=None)).h)


@pytest.mark.parametrize("gate", ["f", "i", "o"])
def test_a_gate_of_an_lstm_is_held_open(weights, gate):
    step = lstm_step(drawn(1, 3), drawn(1, 2), drawn(1, 2), weights, gate)
    assert (getattr(step, gate) == 1).all()
    assert all((getattr(step, other) < 1).all() for other in {"f", "i", "o"} - {gate})


def test_an_update_gate_that_is_open_keeps_the_state_of_a_gru():
    torch.manual_seed(0)
    h = drawn(1, 2)
    weights = Weights(drawn(6, 3), drawn(6, 2), drawn(6), drawn(6))
    assert torch.equal(gru_step(drawn(1, 3), h, weights, "z").h, h)
    assert not torch.allclose(gru_step(drawn(1, 3), h, weights).h, h)
