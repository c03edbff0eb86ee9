"""Scores are products of a centre's and a context's vector, each from its own table."""

import torch

from dltui.engine.models.word_vectors import build

CENTRES, CONTEXTS = torch.tensor([1, 4]), torch.tensor([[0, 1, 2], [4, 3, 4]])


def test_scores_are_products_of_vectors_and_reach_only_words_taken_part():
    net = build(words=6, size=4)
    with torch.no_grad():
        net.u.weight.normal_()
    scores = net(CENTRES, CONTEXTS)
    assert scores.shape == (2, 3)
    torch.testing.assert_close(scores[1, 1], net.v.weight[4] @ net.u.weight[3])
    scores.square().sum().backward()
    assert net.v.weight.grad.abs().sum(1).bool().tolist() == [False, True, False, False, True, False]
    assert net.u.weight.grad.abs().sum(1).bool().tolist() == [True] * 5 + [False]
