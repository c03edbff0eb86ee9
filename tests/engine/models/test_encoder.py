"""The encoder: pictures of any size to embeddings of one; pieces pass through it alone and are joined in order."""

import pytest
import torch

from dltui.engine.models.encoder import build


@pytest.mark.parametrize(("size", "regions"), [(28, 1), (28, 2), (9, 2), (33, 3)])
def test_an_embedding_has_one_size_whatever_the_picture(size, regions):
    net = build(width=3, regions=regions, channels=2)
    assert net.embed(torch.rand(4, 2, size, size)).shape == (4, 12 * regions**2)


def test_pieces_are_embedded_alone_and_joined_in_their_order():
    net = build(width=2, pieces=3, outputs=5).eval()
    pieces = torch.rand(4, 3, 1, 9, 9)
    joined = torch.cat([net.embed(pieces[:, place]) for place in range(3)], 1)
    assert torch.allclose(net(pieces), net.head(joined), atol=1e-6)
    assert not torch.allclose(net(pieces), net(pieces.flip(1)), atol=1e-3), "the order of the pieces matters"


def test_a_picture_is_one_piece():
    net = build(width=2).eval()
    pictures = torch.rand(4, 1, 12, 12)
    assert torch.equal(net(pictures), net(pictures[:, None]))
