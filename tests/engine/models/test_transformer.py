"""Encoder and decoder: no word is seen before it is written, padding is not looked at, order matters."""

import pytest
import torch

from dltui.engine.contracts.models import Decoding
from dltui.engine.layers.positions import sines
from dltui.engine.metrics.operations import weights
from dltui.engine.models.transformer import build
from dltui.engine.reading.sentences import END, PAD
from dltui.errors import DltuiError

WORDS = torch.tensor([[5, 6, 7, 8, END], [9, 4, END, PAD, PAD]])
TARGETS = torch.tensor([[4, 5, 6, END], [7, END, PAD, PAD]])


def net_of(**options):
    torch.manual_seed(0)
    return build(source_words=12, target_words=10, width=8, heads=2, **options)


@pytest.mark.parametrize("options", [{}, {"norms": False}])
def test_shape_and_gradients(options):
    net = net_of(**options)
    logits = net(WORDS, TARGETS)
    assert logits.shape == (2, 4, 10)
    logits.square().sum().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not without


def test_at_full_size_it_has_the_published_weights():
    """Besides the words 6 (4 d^2 + 8 d^2) + 6 (8 d^2 + 8 d^2) make 44.0 million at d = 512, biases and norms 0.1."""
    with torch.device("meta"):
        net = build(source_words=5, target_words=5, width=512, blocks=6, heads=8)
    assert weights(net) / 1e6 == pytest.approx(44.1, abs=0.1)


@pytest.mark.parametrize("masked", [True, False])
def test_a_word_is_predicted_from_those_before_it_only(masked):
    net, changed = net_of(masked=masked), TARGETS.clone()
    changed[0, 2] = 8
    before, after = net(WORDS, TARGETS)[0], net(WORDS, changed)[0]
    assert torch.allclose(before[:3], after[:3], atol=1e-6) == masked and not torch.allclose(before[3], after[3])


def test_padding_changes_nothing_and_is_not_looked_at():
    net = net_of()
    torch.testing.assert_close(net(WORDS, TARGETS)[1, :2], net(WORDS[1:, :3], TARGETS[1:, :2])[0])
    looked = net.decode(WORDS, Decoding(3)).attention
    assert not looked[1, :, 3:].any()
    torch.testing.assert_close(looked.sum(2), torch.ones(2, 3))


def test_words_in_another_order_are_another_sentence():
    net = net_of()
    assert not torch.allclose(net(WORDS[:1], TARGETS[:1]), net(WORDS[:1, [1, 0, 2, 3, 4]], TARGETS[:1]), atol=1e-4)
    assert torch.equal(net.positions[:5], sines(5, 8))


def test_greedy_words_are_the_likeliest_after_themselves():
    net = net_of().eval()
    found = net.decode(WORDS, Decoding(5)).symbols
    assert torch.equal(net(WORDS, found).argmax(2), found)


def test_heads_share_the_width():
    with pytest.raises(DltuiError, match=r"model\.width"):
        build(width=10, heads=4)
