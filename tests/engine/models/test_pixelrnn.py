"""PixelRNN: what a pixel's prediction depends on, and both LSTMs beside loops over the pixels."""

import pytest
import torch

from dltui.engine.models import pixelrnn

H, W = 5, 7


def looked_at(net, row, column):
    """(H, W) bool: the pixels on which the logits at (row, column) depend."""
    x = torch.rand(1, 1, H, W, requires_grad=True)
    net(x)[0, :, row, column].square().sum().backward()
    return x.grad[0, 0] != 0


@pytest.fixture(params=["row", "diagonal"])
def net(request):
    torch.manual_seed(0)
    return pixelrnn.build(reads=request.param, levels=3, width=6)


@pytest.mark.parametrize("place", [(0, 0), (0, 5), (2, 3), (4, 6), (3, 0)])
def test_no_pixel_sees_itself_or_what_comes_after_it(net, place):
    seen, at = looked_at(net, *place).flatten(), place[0] * W + place[1]
    assert not seen[at:].any()
    assert at == 0 or seen[at - 1] or place[1] == 0


@pytest.mark.parametrize("place", [(4, 6), (4, 0), (2, 3)])
def test_the_diagonals_see_everything_before_a_pixel(place):
    """Guards both directions: with one of them the corner on the other side is not seen.

    Only the last pixel of the row above may be missed: no map to its right takes it to the states.
    """
    torch.manual_seed(0)
    seen = looked_at(pixelrnn.build(levels=3, width=6), *place).flatten()
    missed = (~seen[: place[0] * W + place[1]]).nonzero().flatten().tolist()
    assert missed in ([], [place[0] * W - 1])


def test_the_states_from_the_right_would_tell_what_comes_later_in_their_own_row():
    """The wrong twin, not moved down: the states are found one row below, and there they have seen all of the row."""
    torch.manual_seed(0)
    layer, maps = pixelrnn.DiagonalBiLSTM(3), torch.randn(1, 3, H, W, requires_grad=True)
    below, own = (torch.autograd.grad(layer(maps)[0, :, row, 3].sum(), maps)[0][0, :, 2, 4:] for row in (3, 2))
    assert below.any() and not own.any()


def test_rows_are_those_of_a_loop_over_the_pixels():
    torch.manual_seed(0)
    layer, maps = pixelrnn.RowLSTM(3), torch.randn(2, 3, H, W)
    given = layer.given(maps)
    hidden, cell = torch.zeros(2, 3, H + 1, W + 2), torch.zeros(2, 3, H + 1, W + 2)
    for row in range(H):
        for column in range(W):
            above = hidden[:, :, row, column : column + 3]  # of the row above, one to the left to one to the right
            gates = given[:, :, row, column] + torch.einsum("bik,oik->bo", above, layer.state.weight)
            new = pixelrnn.updated(gates.unflatten(1, (4, 3)), cell[:, :, row, column + 1])
            hidden[:, :, row + 1, column + 1], cell[:, :, row + 1, column + 1] = new
    torch.testing.assert_close(layer(maps), hidden[:, :, 1:, 1:-1])


def test_diagonals_are_those_of_a_loop_over_the_pixels():
    torch.manual_seed(0)
    layer, maps = pixelrnn.DiagonalBiLSTM(3), torch.randn(2, 3, H, W)
    sides = []
    for side, flipped in enumerate((maps, maps.flip(3))):
        given, weight = layer.given(flipped)[:, 12 * side : 12 * side + 12], layer.state.weight[12 * side :][:12]
        hidden, cell = torch.zeros(2, 3, H + 1, W + 1), torch.zeros(2, 3, H + 1, W + 1)
        for row in range(H):
            for column in range(W):
                beside, above = hidden[:, :, row + 1, column], hidden[:, :, row, column + 1]
                gates = given[:, :, row, column] + above @ weight[:, :, 0].T + beside @ weight[:, :, 1].T
                new = pixelrnn.updated(gates.unflatten(1, (4, 3)), cell[:, :, row + 1, column])
                hidden[:, :, row + 1, column + 1], cell[:, :, row + 1, column + 1] = new
        sides.append(hidden[:, :, 1:, 1:])
    left, right = sides[0], sides[1].flip(3)
    expected = left + torch.cat([torch.zeros(2, 3, 1, W), right[:, :, :-1]], 2)
    torch.testing.assert_close(layer(maps), expected)


def test_a_skewed_picture_is_straight_again():
    maps = torch.randn(2, 3, H, W)
    slanted = pixelrnn.skewed(maps)
    assert slanted.shape == (2, 3, H, H + W - 1) and torch.equal(slanted[:, :, 2, 2 : 2 + W], maps[:, :, 2])
    assert torch.equal(pixelrnn.straight(slanted), maps)
