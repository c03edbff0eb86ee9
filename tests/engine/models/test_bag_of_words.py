"""A bag of words does not see the order, and padding is no word."""

import torch

from dltui.engine.models import bag_of_words


def test_order_and_padding_change_nothing():
    torch.manual_seed(0)
    net = bag_of_words.build(symbols=9, outputs=3).eval()
    logits = net(torch.tensor([[3, 1, 4, 0, 0], [4, 3, 1, 0, 0], [5, 3, 1, 0, 0]]))
    assert torch.allclose(logits[0], logits[1], atol=1e-6) and not torch.allclose(logits[0], logits[2], atol=1e-3)
    assert torch.allclose(logits[:1], net(torch.tensor([[3, 1, 4]])), atol=1e-6)
    mean = net.embed.weight[[3, 1, 4]].mean(0)
    assert torch.allclose(logits[0], net.head(mean), atol=1e-6)
