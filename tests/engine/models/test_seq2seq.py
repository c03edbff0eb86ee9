"""One vector between reader and writer: padding, order of reading, and what the decoder is given."""

import pytest
import torch

from dltui.engine.contracts.models import Decoding
from dltui.engine.models.seq2seq import build
from dltui.engine.reading.sentences import END, PAD

WORDS = torch.tensor([[5, 6, 7, 8, END], [9, 4, END, PAD, PAD]])
TARGETS = torch.tensor([[4, 5, 6, END], [7, END, PAD, PAD]])
CELLS = pytest.mark.parametrize("cell", ["lstm", "gru", "plain"])
REVERSE = pytest.mark.parametrize("reverse", [False, True])


def net_of(cell="lstm", reverse=False):
    torch.manual_seed(0)
    return build(source_words=12, target_words=10, embedding=6, hidden=8, cell=cell, reverse=reverse)


@CELLS
def test_shape_and_gradients(cell):
    net = net_of(cell)
    logits = net(WORDS, TARGETS)
    assert logits.shape == (2, 4, 10)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())


@CELLS
@REVERSE
def test_the_state_is_that_after_the_last_word_and_padding_changes_nothing(cell, reverse):
    """Guards the reading backwards: a sentence is reversed within its own length."""
    net = net_of(cell, reverse)
    row = WORDS[1:, :3].flip(1) if reverse else WORDS[1:, :3]
    found, want = net.encode(WORDS), net.encoder(net.read_words(row))[1]
    for ours, theirs in zip(*((found, want) if cell == "lstm" else ([found], [want])), strict=True):
        torch.testing.assert_close(ours[:, 1], theirs[:, 0])
    torch.testing.assert_close(net(WORDS, TARGETS)[1, :2], net(WORDS[1:, :3], TARGETS[1:, :2])[0])


def test_a_word_is_predicted_from_those_before_it_only():
    net, changed = net_of(), TARGETS.clone()
    changed[0, 2] = 8
    before, after = net(WORDS, TARGETS)[0], net(WORDS, changed)[0]
    assert torch.equal(before[:3], after[:3]) and not torch.equal(before[3], after[3])


@CELLS
@REVERSE
def test_greedy_words_are_the_likeliest_after_themselves(cell, reverse):
    net = net_of(cell, reverse).eval()
    found = net.decode(WORDS, Decoding(5))
    assert torch.equal(net(WORDS, found.symbols).argmax(2), found.symbols) and found.attention is None
