"""FCN: pictures of any size, scores added from coarse to fine, and all of it by convolutions."""

import pytest
import torch
from torch import nn

from dltui.engine.models.fcn import build
from dltui.errors import DltuiError


@pytest.mark.parametrize("finest", [16, 8, 4, 1])
def test_a_picture_of_another_size_goes_through(finest):
    net = build(classes=3, finest=finest).eval()
    assert not any(isinstance(layer, nn.Linear) for layer in net.modules())
    for size in ((40, 40), (64, 48), (33, 17)):
        assert net(torch.rand(2, 3, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize(("finest", "scored"), [(16, [16]), (8, [16, 8]), (4, [16, 8, 4])])
def test_the_scores_of_all_levels_are_added(finest, scored):
    """Each level alone says something: with the scores of all others at 0 the logits are not."""
    torch.manual_seed(0)
    net = build(finest=finest).eval()
    sizes = []
    for layer in net.scores:
        layer.register_forward_hook(lambda layer, maps, out: sizes.append(64 // out.shape[-1]))
        nn.init.zeros_(layer.bias)
    pictures = torch.rand(1, 3, 64, 64)
    whole = net(pictures)
    assert sizes == scored
    parts = []
    for alone in net.scores:
        kept = {layer: layer.weight.clone() for layer in net.scores if layer is not alone}
        with torch.no_grad():
            for layer in kept:
                layer.weight.zero_()
            parts.append(net(pictures))
            for layer, weight in kept.items():
                layer.weight.copy_(weight)
    assert all(part.abs().max() > 1e-3 for part in parts)
    assert torch.allclose(sum(parts), whole, atol=1e-5)


def test_what_is_too_small_to_be_compressed_is_told():
    with pytest.raises(DltuiError, match="at least 16 pixels; these have 12"):
        build()(torch.rand(1, 3, 12, 20))
