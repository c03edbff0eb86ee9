"""The reader of words is torch's, attention is the papers' formula, and no word is seen before it is written."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dltui.engine.contracts.models import Decoding
from dltui.engine.models.attention_seq2seq import build
from dltui.engine.reading.sentences import END, PAD

WORDS = torch.tensor([[5, 6, 7, 8, END], [9, 4, END, PAD, PAD]])
PICTURES = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([[4, 5, 6, END], [7, END, PAD, PAD]])
SOURCES = pytest.mark.parametrize("sources", [WORDS, PICTURES], ids=["words", "pictures"])
KINDS = pytest.mark.parametrize("attention", ["additive", "even", "none", "blind"])


def net_of(sources, attention="additive"):
    torch.manual_seed(0)
    options = {"source_words": 12} if sources.dim() == 2 else {"size": 16, "width": 4}
    return build(**options, target_words=10, embedding=6, hidden=8, attention=attention)


@SOURCES
@pytest.mark.parametrize("attention", ["additive", "none"])
def test_shape_and_gradients(sources, attention):
    net = net_of(sources, attention)
    logits = net(sources, TARGETS)
    assert logits.shape == (2, 4, 10)
    logits.square().sum().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not without


def test_both_readers_are_torchs_two_way_gru():
    """Guards the turning of each sentence within its own length: turned with its padding, the last word differs."""
    net = net_of(WORDS).encoder
    both = nn.GRU(6, 8, batch_first=True, bidirectional=True)
    state = {name: p for name, p in net.forwards.state_dict().items()}
    state |= {f"{name}_reverse": p for name, p in net.backwards.state_dict().items()}
    both.load_state_dict(state)
    packed = pack_padded_sequence(net.words(WORDS), (WORDS != PAD).sum(1), batch_first=True)
    out, last = both(packed)
    want, _ = pad_packed_sequence(out, batch_first=True)
    read, there = net(WORDS), WORDS != PAD
    torch.testing.assert_close(read.h[there], want[there])
    torch.testing.assert_close(read.summary, torch.cat([last[0], last[1]], 1))


@SOURCES
def test_the_context_is_the_papers_formula(sources):
    """Guards the mask of what is no word: padding must get no weight."""
    net = net_of(sources)
    read, state = net.encode(sources)
    c, alpha = net.attend(state, read)
    s, there = state[1], read.there[1]
    h = read.h[1][there]
    e = torch.stack([net.v_a(torch.tanh(net.W_a(s) + net.U_a(h_j)))[0] for h_j in h])
    torch.testing.assert_close(alpha[1][there], e.exp() / e.exp().sum())
    torch.testing.assert_close(c[1], sum(a * h_j for a, h_j in zip(alpha[1][there], h, strict=True)))
    assert not alpha[1][~there].any(), "padding is looked at"


@KINDS
def test_padding_changes_nothing(attention):
    net = net_of(WORDS, attention)
    torch.testing.assert_close(net(WORDS, TARGETS)[1, :2], net(WORDS[1:, :3], TARGETS[1:, :2])[0])


def test_maps_lie_as_the_picture_does():
    """What changes in the right upper corner changes cells there. Guards against a grid turned about its diagonal."""
    net = net_of(PICTURES).eval()
    other = PICTURES.clone()
    other[:, :, 0, -1] += 1
    with torch.no_grad():
        changed = (net.encoder(PICTURES).h != net.encoder(other).h).any(2)[0].unflatten(0, (4, 4))
    assert changed[0, -1] and not changed[-1].any() and not changed[:, 0].any()
    _, maps = net.decode(PICTURES, Decoding(3))
    assert maps.shape == (2, 3, 4, 4)
    read, state = net.encode(PICTURES)
    torch.testing.assert_close(maps[:, 0].flatten(1), net.attend(state, read)[1])


@SOURCES
@KINDS
def test_a_word_is_guessed_from_those_before_it_only(sources, attention):
    """Guards teacher forcing: were the word itself among what its guess is made of, the loss would fall to nothing."""
    net, changed = net_of(sources, attention), TARGETS.clone()
    changed[0, 2] = 8
    before, after = net(sources, TARGETS)[0], net(sources, changed)[0]
    assert torch.equal(before[:3], after[:3]) and not torch.equal(before[3], after[3])


@SOURCES
@KINDS
def test_greedy_words_are_the_likeliest_after_themselves(sources, attention):
    net = net_of(sources, attention).eval()
    words, weights = net.decode(sources, Decoding(5))
    assert torch.equal(net(sources, words).argmax(2), words)
    assert (weights is None) == (attention == "none")
    if weights is not None:
        torch.testing.assert_close(weights.flatten(2).sum(2), torch.ones(2, 5))


@SOURCES
def test_additive_weights_change_from_word_to_word_and_even_ones_do_not(sources):
    additive, even = (net_of(sources, kind).eval().decode(sources, Decoding(3))[1] for kind in ("additive", "even"))
    assert not torch.equal(additive[:, 0], additive[:, 1])
    there = net_of(sources).encoder(sources).there.float()
    torch.testing.assert_close(even[:, 0].flatten(1), there / there.sum(1, keepdim=True))
    assert torch.equal(even[:, 0], even[:, 1])


def test_without_attention_only_what_is_remembered_at_the_end_reaches_the_decoder():
    net = net_of(WORDS, "none")
    read, state = net.encode(WORDS)
    other = read._replace(h=torch.randn_like(read.h))
    assert torch.equal(net.attend(state, read)[0], net.attend(state, other)[0])


@KINDS
@pytest.mark.parametrize(("sources", "other"), [(WORDS, WORDS.flip(0)), (PICTURES, 1 - PICTURES)])
def test_only_a_blind_net_says_the_same_of_any_source(sources, other, attention):
    net = net_of(sources, attention).eval()
    same = torch.allclose(net(sources, TARGETS), net(other, TARGETS), atol=1e-6)
    assert same == (attention == "blind")
