"""GPT: the published count, what a symbol may see, and reading on from where it stopped."""

import pytest
import torch

from dltui.engine.metrics.operations import weights
from dltui.engine.models.gpt import build
from dltui.errors import DltuiError


def made(**options):
    torch.manual_seed(0)
    return build(symbols=9, length=12, width=8, heads=2, **options).eval()


def test_at_full_size_the_blocks_have_the_published_weights():
    """12 blocks of 12 d^2 and 13 d make 85.1 of GPT's 117 million; the rest is its table of words and positions."""
    with torch.device("meta"):
        net = build(symbols=40478, length=512, width=768, blocks=12, heads=12)
    assert weights(net.blocks) == 12 * (12 * 768**2 + 13 * 768)
    assert weights(net.blocks) + net.embed.weight.numel() + net.positions.numel() == pytest.approx(117e6, rel=0.01)


@pytest.mark.parametrize(("window", "blocks", "reach"), [(0, 1, 12), (0, 3, 12), (1, 3, 1), (2, 3, 4), (3, 2, 5)])
def test_a_prediction_depends_on_the_symbols_within_reach_and_no_others(window, blocks, reach):
    net, symbols = made(window=window, blocks=blocks), torch.randint(9, (1, 12))
    seen = []
    for place in range(12):
        other = symbols.clone()
        other[0, place] = (other[0, place] + 1) % 9
        seen.append((net(symbols)[0] != net(other)[0]).any(1))
    place, t = torch.arange(12)[:, None], torch.arange(12)
    assert torch.equal(torch.stack(seen), (place <= t) & (place > t - reach))


def test_reading_in_parts_is_reading_at_once_and_no_more_than_its_length_is_kept():
    net, symbols = made(), torch.randint(9, (2, 15))
    first, state = net.read(symbols[:, :5])
    second, state = net.read(symbols[:, 5:12], state)
    torch.testing.assert_close(torch.cat([first, second], 1), net(symbols[:, :12]))
    last, state = net.read(symbols[:, 12:13], state)
    assert torch.equal(state, symbols[:, 1:13])
    torch.testing.assert_close(last, net(symbols[:, 1:13])[:, -1:])


def test_every_weight_is_reached():
    net = made(blocks=2)
    net(torch.randint(9, (4, 12))).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())


@pytest.mark.parametrize("width", [9, 10])
def test_a_width_that_does_not_fit_is_refused(width):
    with pytest.raises(DltuiError, match=r"model\.width"):
        build(width=width, heads=4)
