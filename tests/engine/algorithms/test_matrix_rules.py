"""Every rule for matrices equals autograd's gradient, and a nudge of the loss, for matrices of any numbers."""

import pytest
import torch

from dltui.engine.algorithms.matrix_rules import RULES, back_in_place, by_autograd


def matrices(name, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = {"product": ((3, 2), (2, 4)), "sum": ((3, 2),) * 2, "Hadamard": ((3, 2),) * 2, "inverse": ((3, 3),)}
    given = [torch.randn(*shape, generator=generator).double() for shape in shapes.get(name, ((3, 4),))]
    dY = torch.randn(RULES[name].forward(*given).shape, generator=generator).double()
    return given, dY


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", RULES)
def test_it_equals_autograd(name, seed):
    """Guards signs, sides and transposes: no two sides of these matrices are equal but the inverse's."""
    given, dY = matrices(name, seed)
    got, want = RULES[name].backward(dY, *given), by_autograd(RULES[name], given, dY)
    assert len(got) == len(want) == len(RULES[name].gradients)
    for mine, torchs, x in zip(got, want, given, strict=True):
        assert mine.shape == x.shape
        assert torch.allclose(mine, torchs, atol=1e-10)


@pytest.mark.parametrize("name", RULES)
def test_a_nudge_moves_the_loss_as_it_says(name):
    """The same without autograd: the loss is the sum of dY * Y."""
    given, dY = matrices(name, 4)
    for which, gradient in enumerate(RULES[name].backward(dY, *given)):
        nudge = 1e-6 * torch.randn(gradient.shape, generator=torch.Generator().manual_seed(9)).double()
        up, down = ([x + sign * nudge if k == which else x for k, x in enumerate(given)] for sign in (1, -1))
        moved = (dY * (RULES[name].forward(*up) - RULES[name].forward(*down))).sum() / 2
        assert moved.item() == pytest.approx((gradient * nudge).sum().item(), rel=1e-4, abs=1e-12)


def test_the_permutation_is_not_its_own_inverse():
    """Else the wrong way round would look right."""
    x = torch.arange(3.0)[:, None]
    forward = RULES["permutation"].forward
    assert not torch.equal(forward(forward(x)), x)
    assert torch.equal(RULES["permutation"].backward(forward(x), x)[0], x)


def test_what_was_moved_goes_back_in_place():
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(back_in_place(x.sort(0).values, x.argsort(0)), x)
