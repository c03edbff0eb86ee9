"""The Hopfield network against sums by hand, and the two properties that it is built on."""

import pytest
import torch

from dltui.engine.algorithms.hopfield import at_rest, capacity, energy, fragments, hebb, pseudo_inverse

RULES = (hebb, pseudo_inverse)


def patterns(P: int, N: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randint(2, (P, N), generator=random).double() * 2 - 1


def test_hebbs_weights_and_energy_are_the_sums_of_the_formula():
    x = patterns(3, 7)
    W = hebb(x)
    for i in range(7):
        for j in range(7):
            want = 0 if i == j else sum(x[p, i] * x[p, j] for p in range(3)) / 7
            assert W[i, j] == pytest.approx(float(want))
    s = patterns(1, 7, 1)
    want = -0.5 * sum(W[i, j] * s[0, i] * s[0, j] for i in range(7) for j in range(7))
    assert energy(s, W)[0].item() == pytest.approx(float(want))


def test_the_pseudo_inverse_leaves_every_pattern_at_rest():
    """x W = x (1 - W_ii) where W with its diagonal projects onto the patterns, also of patterns that are alike."""
    x = patterns(6, 40)
    x[3:] = x[:3]
    x[3:, :2] *= -1
    projection = x.T @ torch.linalg.pinv(x.T)
    torch.testing.assert_close(pseudo_inverse(x), projection.clone().fill_diagonal_(0), atol=1e-6, rtol=0)
    assert (at_rest(x, pseudo_inverse(x)) == x).all()


@pytest.mark.parametrize("rule", RULES)
def test_where_it_rests_no_flip_of_one_unit_lowers_the_energy(rule):
    x = patterns(5, 30)
    W = rule(x)
    s = at_rest(fragments(x, 0.5), W)
    assert (energy(s, W) <= energy(fragments(x, 0.5), W)).all()
    for i in range(30):
        flipped = s.clone()
        flipped[:, i] *= -1
        assert (energy(flipped, W) >= energy(s, W) - 1e-9).all()


def test_a_fragment_keeps_the_first_units():
    x = patterns(4, 100)
    s = fragments(x, 0.3)
    assert (s[:, :70] == x[:, :70]).all() and (s[:, 70:] != x[:, 70:]).any()


def test_the_projection_recalls_more_than_hebb():
    torch.manual_seed(0)
    assert sum(capacity(pseudo_inverse, 0.3)) > sum(capacity(hebb, 0.3)) + 1
