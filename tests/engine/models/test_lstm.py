"""Recurrent nets: their cells are torch's; a state goes on where it ended; padding changes nothing."""

import pytest
import torch

from dltui.engine.models import lstm


def built(**given):
    torch.manual_seed(0)
    return lstm.build(symbols=9, outputs=4, embedding=6, hidden=5, **given).eval()


@pytest.mark.parametrize("cell", lstm.CELLS)
@pytest.mark.parametrize("both_ways", [False, True])
def test_shape_and_gradients(cell, both_ways):
    net = built(cell=cell, both_ways=both_ways, layers=2)
    out = net(torch.randint(1, 9, (3, 7)))
    assert out.shape == (3, 7, 4)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("cell", lstm.CELLS)
def test_reading_in_two_parts_is_reading_at_once(cell):
    """Guards a state that is lost between two symbols: samples would be written without memory."""
    net, symbols = built(cell=cell), torch.randint(1, 9, (2, 8))
    first, state = net.read(symbols[:, :3])
    second, _ = net.read(symbols[:, 3:], state)
    assert torch.allclose(torch.cat([first, second], 1), net(symbols), atol=1e-6)


def test_padding_changes_no_answer():
    """Guards a way back that begins in the padding."""
    net = built(both_ways=True)
    short = torch.tensor([[3, 1, 4]])
    padded = torch.tensor([[3, 1, 4, 0, 0], [5, 2, 6, 5, 3]])
    assert torch.allclose(net(padded)[:1, :3], net(short), atol=1e-6)


def test_only_both_ways_sees_what_comes_next():
    symbols = torch.tensor([[3, 1, 4, 1, 5]])
    other = torch.tensor([[3, 1, 4, 2, 6]])
    for both_ways in (False, True):
        net = built(both_ways=both_ways)
        assert torch.allclose(net(symbols)[:, :3], net(other)[:, :3], atol=1e-6) != both_ways


@pytest.mark.parametrize("both_ways", [False, True])
def test_one_answer_for_all_is_that_of_the_state_after_the_last_symbol(both_ways):
    """Guards a state that was taken in the padding, or a way back that was taken at its beginning."""
    net = built(both_ways=both_ways, answer="last")
    rows = torch.tensor([[3, 1, 4, 0, 0], [5, 2, 6, 5, 3]])
    logits = net(rows)
    assert logits.shape == (2, 4)
    h, (last, _) = net.cells(net.embed(rows[:1, :3]))
    want = torch.cat([last[0], last[1]], 1) if both_ways else h[:, -1]
    assert torch.allclose(logits[:1], net.head(want), atol=1e-6)
