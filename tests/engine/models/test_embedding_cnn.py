"""An embedding and a head on it; no row of a batch changes another's."""

import torch

from dltui.engine.models import embedding_cnn


def test_the_head_reads_the_embedding_and_rows_do_not_see_each_other():
    """Guards batch statistics: the target's rows would change what the source's rows are taken for."""
    torch.manual_seed(0)
    net = embedding_cnn.build(embedding=7, channels=1, size=13, classes=4).train()
    pictures = torch.rand(5, 1, 13, 13)
    embeddings = net.embed(pictures)
    assert embeddings.shape == (5, 7) and embeddings.min() >= 0
    logits = net(pictures)
    assert torch.equal(logits, net.head(embeddings)) and logits.shape == (5, 4)
    others = torch.cat([pictures[:2], torch.rand(3, 1, 13, 13)])
    assert torch.allclose(net(others)[:2], logits[:2], atol=1e-6)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
