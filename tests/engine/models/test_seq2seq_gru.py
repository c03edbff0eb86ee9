"""The encoder is torch's, attention is Bahdanau's formula, and nothing depends on padding or on words to come."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dltui.engine.contracts.models import Decoding
from dltui.engine.models.seq2seq_gru import build
from dltui.engine.reading.sentences import END, PAD

SOURCES = torch.tensor([[5, 6, 7, 8, END], [9, 4, END, PAD, PAD]])
TARGETS = torch.tensor([[4, 5, 6, END], [7, END, PAD, PAD]])
KINDS = pytest.mark.parametrize("attention", ["additive", "none"])


def net_of(attention="additive"):
    torch.manual_seed(0)
    return build(source_words=12, target_words=10, embedding=6, hidden=8, attention=attention)


@KINDS
def test_shape_and_gradients(attention):
    net = net_of(attention)
    logits = net(SOURCES, TARGETS)
    assert logits.shape == (2, 4, 10)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())


def test_both_readers_are_torchs_two_way_gru():
    """Guards the turning of each sentence within its own length: turned with its padding, the last word differs."""
    net = net_of()
    both = nn.GRU(6, 8, batch_first=True, bidirectional=True)
    state = {name: p for name, p in net.forwards.state_dict().items()}
    state |= {f"{name}_reverse": p for name, p in net.backwards.state_dict().items()}
    both.load_state_dict(state)
    packed = pack_padded_sequence(net.read_words(SOURCES), (SOURCES != PAD).sum(1), batch_first=True)
    out, last = both(packed)
    want, _ = pad_packed_sequence(out, batch_first=True)
    memory, _ = net.encode(SOURCES)
    there = SOURCES != PAD
    torch.testing.assert_close(memory.h[there], want[there])
    torch.testing.assert_close(memory.summary, torch.cat([last[0], last[1]], 1))


def test_the_context_is_the_papers_formula():
    """Guards the mask of what is no word: padding must get no weight."""
    net = net_of()
    memory, state = net.encode(SOURCES)
    c, alpha = net.attend(state, memory)
    s, h = state[1], memory.h[1, :3]  # the sentence of three words
    e = torch.stack([net.v_a(torch.tanh(net.W_a(s) + net.U_a(h_j)))[0] for h_j in h])
    torch.testing.assert_close(alpha[1, :3], e.exp() / e.exp().sum())
    torch.testing.assert_close(c[1], sum(a * h_j for a, h_j in zip(alpha[1], h, strict=False)))
    assert not alpha[1, 3:].any(), "padding is looked at"


@KINDS
def test_padding_changes_nothing(attention):
    net = net_of(attention)
    torch.testing.assert_close(net(SOURCES, TARGETS)[1, :2], net(SOURCES[1:, :3], TARGETS[1:, :2])[0])


@KINDS
def test_a_word_is_guessed_from_those_before_it_only(attention):
    """Guards teacher forcing: were the word itself among what its guess is made of, the loss would fall to nothing."""
    net, changed = net_of(attention), TARGETS.clone()
    changed[0, 2] = 8
    before, after = net(SOURCES, TARGETS)[0], net(SOURCES, changed)[0]
    assert torch.equal(before[:3], after[:3]) and not torch.equal(before[3], after[3])


@KINDS
def test_greedy_words_are_the_likeliest_after_themselves(attention):
    net = net_of(attention)
    words, weights = net.decode(SOURCES, Decoding(5))
    assert torch.equal(net(SOURCES, words).argmax(2), words)
    assert (weights is None) == (attention == "none")
    if weights is not None:
        torch.testing.assert_close(weights.sum(2), torch.ones(2, 5))


def test_without_attention_only_what_is_remembered_at_the_end_reaches_the_writer():
    net = net_of("none")
    memory, state = net.encode(SOURCES)
    other = memory._replace(h=torch.randn_like(memory.h))
    assert torch.equal(net.attend(state, memory)[0], net.attend(state, other)[0])
