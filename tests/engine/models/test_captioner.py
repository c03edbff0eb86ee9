"""Soft attention is the paper's formula, maps lie as the picture does, and no word is seen before it is written."""

import pytest
import torch

from dltui.engine.contracts.models import Decoding
from dltui.engine.models.captioner import build
from dltui.engine.reading.sentences import END, PAD

SENTENCES = torch.tensor([[4, 5, 6, END], [7, END, PAD, PAD]])
KINDS = pytest.mark.parametrize("attention", ["soft", "even", "blind"])


def net_of(attention="soft"):
    torch.manual_seed(0)
    return build(size=16, target_words=10, width=4, embedding=6, hidden=8, attention=attention)


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_shape_and_gradients(pictures):
    net = net_of()
    logits = net(pictures, SENTENCES)
    assert logits.shape == (2, 4, 10)
    logits.square().sum().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not without


def test_the_context_is_the_papers_formula(pictures):
    net = net_of()
    memory, state = net.encode(pictures)
    z, alpha = net.attend(state, memory)
    h, a = state[1], memory.a[1]
    e = torch.stack([net.v_a(torch.tanh(net.W_a(h) + net.U_a(a_i)))[0] for a_i in a])
    torch.testing.assert_close(alpha[1], e.exp() / e.exp().sum())
    torch.testing.assert_close(z[1], sum(weight * a_i for weight, a_i in zip(alpha[1], a, strict=True)))


def test_maps_lie_as_the_picture_does(pictures):
    """What changes in the right upper corner changes cells there. Guards against a grid turned about its diagonal."""
    net = net_of().eval()
    other = pictures.clone()
    other[:, :, 0, -1] += 1
    with torch.no_grad():
        before, after = net.encode(pictures)[0].a, net.encode(other)[0].a
    changed = (before != after).any(2)[0].unflatten(0, (net.side, net.side))
    assert changed[0, -1] and not changed[-1].any() and not changed[:, 0].any()
    _, maps = net.decode(pictures, Decoding(3))
    assert maps.shape == (2, 3, net.side, net.side)
    torch.testing.assert_close(maps[:, 0].flatten(1), net.attend(net.encode(pictures)[1], net.encode(pictures)[0])[1])


@KINDS
def test_a_word_is_guessed_from_those_before_it_only(pictures, attention):
    """Guards teacher forcing: were the word itself among what its guess is made of, the loss would fall to nothing."""
    net, changed = net_of(attention), SENTENCES.clone()
    changed[0, 2] = 8
    before, after = net(pictures, SENTENCES)[0], net(pictures, changed)[0]
    assert torch.equal(before[:3], after[:3]) and not torch.equal(before[3], after[3])


@KINDS
def test_greedy_words_are_the_likeliest_after_themselves(pictures, attention):
    net = net_of(attention).eval()
    words, maps = net.decode(pictures, Decoding(5))
    assert torch.equal(net(pictures, words).argmax(2), words)
    torch.testing.assert_close(maps.sum((2, 3)), torch.ones(2, 5))


def test_attention_changes_from_word_to_word_and_even_weights_do_not(pictures):
    soft, even = (net_of(kind).eval().decode(pictures, Decoding(3))[1] for kind in ("soft", "even"))
    assert not torch.equal(soft[:, 0], soft[:, 1])
    torch.testing.assert_close(even, torch.full_like(even, 1 / even[0, 0].numel()))


@KINDS
def test_only_a_blind_net_says_the_same_of_any_picture(pictures, attention):
    net = net_of(attention).eval()
    same = torch.equal(net(pictures, SENTENCES), net(1 - pictures, SENTENCES))
    assert same == (attention == "blind")
