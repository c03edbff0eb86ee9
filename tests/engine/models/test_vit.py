"""The vision transformer: published counts, its tokens, and where it looks."""

import pytest
import torch

from dltui.engine.metrics.operations import weights
from dltui.engine.models.vit import build
from dltui.errors import DltuiError


@pytest.mark.parametrize(
    ("patch", "width", "depth", "heads", "count"),
    [(16, 768, 12, 12, 86_567_656), (32, 768, 12, 12, 88_224_232), (16, 1024, 24, 16, 304_326_632)],
)
def test_at_full_size_the_weights_are_as_many_as_published(patch, width, depth, heads, count):
    """Table 1: B 86 M, L 307 M with its larger head; the counts are those of the nets that torchvision publishes."""
    with torch.device("meta"):
        net = build(patch=patch, width=width, depth=depth, heads=heads, size=224, classes=1000)
        assert net(torch.empty(2, 3, 224, 224)).shape == (2, 1000)
    assert weights(net) == count


def test_attention_is_what_the_net_looks_with_and_each_row_sums_to_1():
    torch.manual_seed(0)
    net, x = build(patch=7, width=12, depth=2, heads=3, channels=1, size=28).eval(), torch.rand(2, 1, 28, 28)
    found = net.attention(x)
    assert found.shape == (2, 2, 3, 17, 17)
    torch.testing.assert_close(found.sum(4), torch.ones(2, 2, 3, 17))
    first, z = net.blocks[0], net.tokens(x)
    v = first.attention.asked(first.norm_1(z))[2]  # (2, 3, 17, 4)
    by_weights = first.attention.out((found[:, 0] @ v).transpose(1, 2).flatten(2))
    torch.testing.assert_close(by_weights, first.attention(first.norm_1(z)))


def test_a_token_is_a_linear_map_of_its_patch_and_its_position():
    torch.manual_seed(0)
    net, x = build(patch=4, width=8, channels=3, size=12).eval(), torch.rand(1, 3, 12, 12)
    tokens = net.tokens(x)
    assert tokens.shape == (1, 10, 8)
    patch = x[0, :, 4:8, 8:12].flatten()  # the sixth: second row, third column
    want = net.patches.weight.flatten(1) @ patch + net.patches.bias + net.positions[0, 6]
    torch.testing.assert_close(tokens[0, 6], want)
    torch.testing.assert_close(tokens[0, 0], net.class_token[0, 0] + net.positions[0, 0])


@pytest.mark.parametrize("positions", [True, False])
def test_every_weight_is_reached(positions):
    torch.manual_seed(0)
    net = build(patch=8, width=8, depth=2, heads=2, positions=positions)
    out = net(torch.rand(4, 3, 32, 32))
    assert out.shape == (4, 10)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())


@pytest.mark.parametrize(("options", "named"), [({"patch": 5}, "model.patch"), ({"heads": 5}, "model.heads")])
def test_what_does_not_divide_is_refused(options, named):
    with pytest.raises(DltuiError, match=named):
        build(**options)
