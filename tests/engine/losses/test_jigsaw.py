"""Jigsaw: 24 orders far apart; who knows the order puts the picture together again."""

from itertools import permutations

import pytest
import torch
from torch.nn.functional import one_hot

from dltui.engine.losses import jigsaw, patches

CPU = torch.device("cpu")


def test_four_pieces_have_all_their_orders():
    assert sorted(map(tuple, jigsaw.orders(4, CPU).tolist())) == list(permutations(range(4)))


def test_orders_of_nine_pieces_are_farther_apart_than_drawn_ones():
    """Two orders of nine pieces drawn at random have one piece in the same place on average, and often three."""
    chosen = jigsaw.orders(9, CPU)
    drawn = torch.stack([torch.randperm(9) for _ in range(jigsaw.ORDERS)])

    def least(orders):
        elsewhere = (orders[:, None] != orders).sum(2)
        return elsewhere[~torch.eye(len(orders), dtype=torch.bool)].min()

    assert (chosen.sort(1).values == torch.arange(9)).all()
    assert least(chosen) >= 7 > least(drawn)


@pytest.mark.parametrize("side", [2, 3])
def test_who_knows_the_order_puts_the_pieces_back(side):
    pictures = torch.rand(50, 2, 12, 12)
    loss = jigsaw.build(side=side, gap=0, jitter=0)
    questions, answers = loss.pose(pictures, torch.zeros(50))
    shown = loss.shown(questions, one_hot(answers, jigsaw.ORDERS).float(), answers)
    assert torch.equal(shown["put back"], patches.grid(patches.cut_grid(pictures, side, 12 // side, 0, 0), side, 1))
    assert len(answers.unique()) > 15 and not torch.equal(shown["shuffled"], shown["put back"])


def test_the_net_is_to_have_as_many_pieces_as_there_are():
    assert jigsaw.facts_for("model", {"side": 2}) == {"outputs": 24, "pieces": 4}
    assert jigsaw.facts_for("model", {}) == {"outputs": 24, "pieces": 9}
