"""Every rule for matrices equals autograd's gradient, and a nudge of the loss, for matrices of any numbers."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.matrix_rules import RULES, back_in_place, build, by_autograd, drawn, equations, whole
from tests.engine.conftest import context


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


# -- shown entry by entry ----------------------------------------------------------------------------------------------


def made(seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(context())


def shown(walk, step):
    moment = walk.at(step)
    return moment.metrics, {picture.pane: picture.payload for picture in moment.pictures}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", RULES)
def test_the_lit_cells_make_the_entry(name, seed):
    """Guards the picture: what it lights, multiplied and added, is the gradient there and not merely near it."""
    torch.manual_seed(seed)
    given = drawn(name)
    dY = whole(*RULES[name].forward(*given).shape, most=2)
    for equation, gradient in zip(equations(name, given, dY), RULES[name].backward(dY, *given), strict=True):
        for i in range(gradient.shape[0]):
            for j in range(gradient.shape[1]):
                cells = equation.uses(i, j)
                parts = [
                    torch.stack([m[at] for at in use]) for (_, m), use in zip(equation.factors, cells, strict=True)
                ]
                if name == "inverse":
                    value = parts[0] @ parts[1].view(3, 3) @ parts[2]
                elif name == "sort":
                    value = parts[1].sum()
                else:
                    value = torch.stack(parts).prod(0).sum()
                assert value.item() == pytest.approx(gradient[i, j].item(), abs=1e-9)


def test_a_gradient_fills_entry_by_entry():
    walk = made(first="product")
    for step in range(1, 7):
        _, panes = shown(walk, step)
        [dY, across, dX1] = panes["gradient"]["grids"]
        known = ~np.isnan(np.asarray(dX1["values"]))
        assert known.sum() == step and dX1["now"] == [divmod(step - 1, 2)]
        assert {row for row, _ in dY["lit"]} == {dX1["now"][0][0]}
        assert {column for _, column in across["lit"]} == {dX1["now"][0][1]}
    assert np.array_equal(dX1["values"], np.asarray(dY["values"]) @ np.asarray(across["values"]))
    assert panes["gradient"]["title"] == "Y = X1 X2, so dX1 = dY X2^T"


def test_the_sum_that_is_worked_out_ends_in_the_entry():
    walk = made(first="inverse")
    for step in range(1, 10):
        _, panes = shown(walk, step)
        caption, result = panes["gradient"]["caption"].rpartition(" = ")[::2]
        terms = caption.removeprefix("row times dY, then column: ").split(" + ")
        total = sum(float(a) * float(b) for a, b in (term.split("*") for term in terms))
        row, column = panes["gradient"]["grids"][-1]["now"][0]
        assert total == float(result) == panes["gradient"]["grids"][-1]["values"][row, column]


def test_every_rule_is_judged_as_soon_as_it_is_done_and_not_before():
    walk = made()
    done = [shown(walk, step)[0] for step in range(walk.length + 1)]
    counts = [values["rules_done"] for values in done]
    assert counts[0] == 0 and counts[-1] == 8 and counts == sorted(counts) and counts[11:13] == [0, 1]
    assert "error_sum" not in done[11] and done[12]["error_sum"] <= 1e-12
    assert all(value <= 1e-12 for name, value in done[-1].items() if name.startswith("error_"))
    assert len(done[-1]) == 9


def test_what_is_wrong_is_told(monkeypatch):
    """Guards the claims: a rule with its sides exchanged is far from autograd."""
    wrong = RULES["inverse"]._replace(backward=lambda dY, x: (torch.linalg.inv(x) @ dY @ torch.linalg.inv(x),))
    monkeypatch.setitem(RULES, "inverse", wrong)
    walk = made()
    values, _ = shown(walk, walk.length)
    assert values["error_inverse"] > 0.5 and values["error_product"] <= 1e-12


def test_the_rule_that_is_asked_for_comes_first_and_none_is_lost():
    walk = made(first="sort")
    assert walk.stages[0].rule == "sort" and {stage.rule for stage in walk.stages} == set(RULES)


def test_inverses_are_of_whole_numbers():
    for seed in range(5):
        torch.manual_seed(seed)
        [x] = drawn("inverse")
        inverse = torch.linalg.inv(x)
        assert torch.allclose(inverse, inverse.round(), atol=1e-9)
