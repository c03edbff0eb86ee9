"""A recurrent net with a CRF: its loss is that of the true path, whatever pads a row."""

import torch

from dltui.engine.models.lstm_crf import build

WORDS = torch.tensor([[4, 5, 6, 7], [5, 6, 0, 0]])
TARGETS = torch.tensor([[0, 1, 2, 0], [1, 2, -1, -1]])


def made():
    torch.manual_seed(0)
    net = build(symbols=8, outputs=3, embedding=4, hidden=5)
    torch.nn.init.normal_(net.crf.moves)
    return net


def test_padding_counts_for_nothing():
    net = made()
    loss = net.tag_loss(WORDS, TARGETS)
    one, other = net.tag_loss(WORDS[:1], TARGETS[:1]), net.tag_loss(WORDS[1:, :2], TARGETS[1:, :2])
    torch.testing.assert_close(loss, (4 * one + 2 * other) / 6)
    torch.testing.assert_close(net.tags(WORDS)[1, :2], net.tags(WORDS[1:, :2])[0])


def test_it_learns_from_the_order_of_tags():
    """Guards that the moves are trained: two words that are alike get the tags that follow each other."""
    net = made()
    optimizer = torch.optim.Adam(net.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        net.tag_loss(WORDS, TARGETS).backward()
        optimizer.step()
    there = TARGETS >= 0
    assert torch.equal(net.tags(WORDS)[there], TARGETS[there])
    assert net.crf.moves.grad.abs().sum() > 0


def test_without_moves_it_is_the_mean_cross_entropy():
    net = made()
    torch.nn.init.zeros_(net.crf.moves)
    there = TARGETS >= 0
    wanted = torch.nn.functional.cross_entropy(net(WORDS)[there], TARGETS[there])
    torch.testing.assert_close(net.tag_loss(WORDS, TARGETS), wanted)


def test_a_row_without_words_is_read():
    assert made().tags(torch.zeros(1, 3, dtype=torch.long)).shape == (1, 3)
