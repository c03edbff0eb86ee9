"""CTC: the loss is the sum over all paths, counted one by one on a small case."""

from itertools import groupby, product

import torch

from dltui.engine.layers.ctc import BLANK
from dltui.engine.losses import ctc


def stands_for(path: tuple[int, ...]) -> list[int]:
    return [symbol for symbol, _ in groupby(path) if symbol != BLANK]


def test_it_is_the_sum_over_all_paths_that_stand_for_the_symbols():
    """A double needs a blank between: with 1, 1 only the paths that have one count."""
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 5, 3), torch.tensor([[1, 1, 0], [2, 1, 2]])
    p = logits.softmax(2)
    wanted = []
    for row, target in zip(p, targets.tolist(), strict=True):
        symbols = [symbol for symbol in target if symbol != BLANK]
        paths = [path for path in product(range(3), repeat=5) if stands_for(path) == symbols]
        chances = [torch.stack([row[frame, symbol] for frame, symbol in enumerate(path)]).prod() for path in paths]
        wanted.append(-torch.stack(chances).sum().log() / len(symbols))
    torch.testing.assert_close(ctc.build()(logits, targets), torch.stack(wanted).mean())


def test_symbols_that_have_no_room_cost_nothing_and_have_no_gradient():
    """Guards an infinite loss: five symbols in three frames."""
    logits = torch.randn(1, 3, 4, requires_grad=True)
    loss = ctc.build()(logits, torch.tensor([[1, 2, 3, 1, 2]]))
    loss.backward()
    assert loss == 0 and torch.isfinite(logits.grad).all()


def test_an_even_alignment_gives_each_symbol_its_share_and_ends_it_with_a_blank():
    targets = torch.tensor([[4, 5, 0], [6, 6, 7]])
    path = ctc.evenly_spread(targets, (targets != BLANK).sum(1), 6)
    assert path.tolist() == [[4, 4, 0, 5, 5, 0], [6, 0, 6, 0, 7, 0]]
    logits = 50 * torch.nn.functional.one_hot(path, 8).float()
    criterion = ctc.build(alignment="even")
    assert criterion(logits, targets) < 1e-6
    assert criterion.decode(logits).tolist() == [[4, 5, 0, 0, 0, 0], [6, 6, 7, 0, 0, 0]]
