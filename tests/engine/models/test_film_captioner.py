"""Sentences about films: shapes, attention over frames, and what each reading sees."""

import pytest
import torch

from dltui.engine.contracts.models import Decoding
from dltui.engine.models.film_captioner import build

SMALL = {"size": 16, "target_words": 11, "width": 4, "embedding": 6, "hidden": 8}


@pytest.mark.parametrize("reads", ["order", "shuffled", "one"])
def test_logits_and_a_gradient_to_every_weight(reads):
    """Of one frame the reader has no state before, and attention nothing to choose."""
    net, films, words = build(reads=reads, **SMALL), torch.rand(3, 6, 16, 16), torch.randint(4, 11, (3, 5))
    logits = net(films, words)
    assert logits.shape == (3, 5, 11)
    logits.square().sum().backward()
    still = {name for name, weights in net.named_parameters() if not weights.grad.abs().sum() > 0}
    idle = {"encoder.gru.weight_hh_l0", "W_a.weight", "U_a.weight", "U_a.bias", "v_a.weight"}
    assert still == (idle if reads == "one" else set())


@torch.no_grad()
def test_attention_is_over_the_frames():
    net, films = build(**SMALL).eval(), torch.rand(2, 6, 16, 16)
    symbols, weights = net.decode(films, Decoding(4))
    assert symbols.shape == (2, 4) and weights.shape == (2, 4, 1, 6)
    assert torch.allclose(weights.sum((2, 3)), torch.ones(2, 4))
    assert build(attention="none", **SMALL).eval().decode(films, Decoding(4)).attention is None


@torch.no_grad()
def test_only_a_reader_in_order_knows_the_order():
    films, words = torch.rand(2, 6, 16, 16), torch.randint(4, 11, (2, 5))
    net = build(**SMALL).eval()
    assert torch.equal(net(films, words), net(films, words))
    assert not torch.allclose(net(films, words), net(films.flip(1), words), atol=1e-4)
    one, others = build(reads="one", **SMALL).eval(), films.clone()
    others[:, [0, 1, 2, 4, 5]] = 0
    assert torch.allclose(one(films, words), one(others, words))
    torch.manual_seed(0)
    shuffled = build(reads="shuffled", **SMALL).eval()
    found = torch.stack([shuffled(films, words) for _ in range(8)])
    assert not torch.allclose(found, found[:1].expand_as(found), atol=1e-5)
