"""Second-order methods: each formula against its definition, each way against where scipy arrives, and one at work."""

from itertools import islice

import pytest
import torch
from scipy import optimize

from dltui.engine.algorithms import second_order
from dltui.engine.algorithms.logistic import Logistic
from dltui.engine.data import bundled_table
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture
def f():
    torch.manual_seed(0)
    x = torch.randn(80, 4).double() * torch.tensor([1.0, 3.0, 0.5, 1.0]).double()
    return Logistic(x, (x.sum(1) + torch.randn(80) > 0), 0.02)


START = torch.tensor([0.3, -0.2, 0.1, 0.4], dtype=torch.float64)


@pytest.fixture
def least(f):
    found = optimize.minimize(
        second_order._scipys(f), START.numpy(), jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 1000}
    )
    return torch.from_numpy(found.x)


def after(way, steps):
    return list(islice(way, steps + 1))


@pytest.mark.parametrize(
    ("method", "steps"),
    [("newton", 8), ("bfgs", 60), ("lbfgs", 60), ("natural", 150)],
)
def test_it_arrives_where_scipy_does(f, least, method, steps):
    way = after(getattr(second_order, method)(f, START), steps)
    assert torch.equal(way[0], START)
    assert torch.allclose(way[-1], least, atol=1e-7)


def test_one_step_of_newton_solves_a_parabola():
    class Parabola:
        A = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
        b = torch.tensor([1.0, -1.0], dtype=torch.float64)

        def gradient(self, w):
            return self.A @ w - self.b

        def hessian(self, w):
            return self.A

    w = after(second_order.newton(Parabola(), torch.tensor([5.0, -7.0]).double()), 1)[1]
    assert torch.allclose(Parabola.A @ w, Parabola.b)


def pairs(count, D):
    """Steps s and what a parabola makes of them, y = A s."""
    torch.manual_seed(1)
    A = torch.randn(D, D).double()
    A = A @ A.T + torch.eye(D)
    return [(s, A @ s) for s in torch.randn(count, D).double()]


def test_bfgs_update_is_scipys():
    (s, y), *_ = pairs(1, 4)
    theirs = optimize.BFGS(init_scale=1.0)
    theirs.initialize(4, "inv_hess")
    theirs.update(s.numpy(), y.numpy())
    C = second_order.bfgs_update(torch.eye(4).double(), s, y)
    assert torch.allclose(C, torch.from_numpy(theirs.get_matrix()))
    assert torch.allclose(C @ y, s)


def test_two_loops_are_the_product_with_bfgs_matrix():
    """Guards the order of the pairs in both loops, and the scale between them."""
    known = pairs(3, 5)
    s, y = known[-1]
    C = torch.eye(5).double() * (s @ y) / (y @ y)
    for pair in known:
        C = second_order.bfgs_update(C, *pair)
    g = torch.linspace(-1, 2, 5).double()
    assert torch.allclose(second_order.two_loops(g, known), C @ g)
    assert torch.equal(second_order.two_loops(g, []), g)


def test_lbfgs_forgets():
    """With a memory of one pair it goes another way than with ten."""
    f = Logistic(torch.randn(50, 4).double(), torch.arange(50) % 2, 0.1)
    short, long = (after(second_order.lbfgs(f, START, memory), 6)[-1] for memory in (1, 10))
    assert not torch.allclose(short, long, atol=1e-9)


def test_fisher_is_the_covariance_of_the_gradients_and_meets_the_hessian():
    """With labels drawn from the model itself, many of them, Fisher's matrix is that of second derivatives."""
    torch.manual_seed(2)
    x = torch.randn(60_000, 3).double()
    w = torch.tensor([1.0, -2.0, 0.5]).double()
    f = Logistic(x, torch.rand(60_000) < torch.sigmoid(x @ w), 0.0)
    G = f.gradients(w)
    F = second_order.fisher(G)
    assert torch.allclose(F, torch.cov(G.T, correction=0) + torch.outer(G.mean(0), G.mean(0)))
    assert torch.allclose(F, f.hessian(w), atol=3e-3)


def test_blocks_see_nothing_of_each_other(f):
    """A block of one weight divides by that weight's own entry."""
    w = after(second_order.natural(f, START, [*torch.arange(4).split(1)]), 1)[1]
    F, g = second_order.fisher(f.gradients(START)), f.gradient(START)
    p = -g / (F.diagonal() + second_order.DAMPING)
    step = (w - START) / p
    assert torch.allclose(step, step[0].expand(4)) and 0 < step[0] <= 1


def test_the_bounded_way_ends_where_the_gradient_pushes_only_against_bounds(f, least):
    low = torch.tensor([least[0] + 0.1, -9.0, -9.0, -9.0]).double()
    w = after(second_order.bounded(f, START, low), 60)[-1]
    g = f.gradient(w)
    assert w[0] == low[0] and g[0] > 0.001
    assert g[1:].abs().max() < 1e-7
    assert all((w >= low).all() for w in after(second_order.bounded(f, START, low), 60))


# -- one at work -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    return bundled_table.build(name="breast_cancer").builtin()


def made(data, method="newton", steps=0, **options):
    torch.manual_seed(0)
    process = second_order.build(method=method, **options)(context(data))
    for _ in range(steps):
        process.step()
    return process


def drawn(process):
    return {picture.pane: picture.payload for picture in process.pictures()}


def test_a_method_is_counted_when_its_gradient_has_gone(data):
    assert "iterations" not in made(data, steps=3).evaluate()
    process = made(data, steps=12)
    values = process.evaluate()
    norms = [process.whole.gradient(w).norm() for w in process.of_all.until(12)]
    assert norms[values["iterations"]] < 1e-6 <= norms[values["iterations"] - 1]
    assert values["error"] < 1e-8 and set(values) < set(second_order.METRICS)


def test_the_error_shows_a_wrong_place(data):
    assert made(data, start=3.0).evaluate()["error"] > 0.1  # no step has been taken


def test_at_a_bound_what_it_holds_up_does_not_count(data):
    process = made(data, "bounded", steps=60)
    values = process.evaluate()
    assert values["bound_violation"] == 0 and values["grad_norm"] < 1e-6 < values["iterations"] < 60
    assert process.whole.gradient(process.of_all.until(60)[-1]).norm() > 0.01


def test_a_step_back_is_what_it_was(data):
    """Guards a resumed run: the picture of step 2 is the same, however far the way has been followed."""
    process, other = made(data, "bfgs", steps=9), made(data, "bfgs", steps=2)
    process.evaluate()
    process.steps.fill_(2)
    assert torch.equal(process.on_plane.until(2), other.on_plane.until(2))
    assert len(process.grad_norms()) == 3


@pytest.mark.parametrize("method", ["newton", "bounded"])
def test_the_map_shows_the_way_and_the_bound(data, method):
    payload = drawn(made(data, method, steps=5))["two weights"]
    assert payload["names"] == [method, "bound"] and payload["trail_x"].shape == (2, 6)
    assert (payload["trail_x"][1] == 0).all()
    assert (payload["trail_x"][0] >= 0).all() == (method == "bounded")
    # the crosses: the minimum lies beyond the bound, that of L-BFGS-B on it
    assert payload["marks"]["x"][0] < 0 == payload["marks"]["x"][1]


def test_the_table_says_what_was_kept(data):
    rows = [drawn(made(data, method, steps=8))["steps and memory"]["rows"][0] for method in ("newton", "gd", "lbfgs")]
    assert rows == [["newton", "7", 31 * 31], ["gd", "-", 0], ["lbfgs", "-", 20 * 31]]


def test_a_column_that_there_is_not(data):
    with pytest.raises(DltuiError, match="from 0 to 29"):
        made(data, columns=[0, 30])
