"""Seven ways down: how they are counted, that they resume, and what the map shows."""

import pytest
import torch

from dltui.engine.data import breast_cancer
from dltui.engine.tasks import second_order
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def made(seed=0, **options):
    torch.manual_seed(seed)
    return second_order.build(**options)(breast_cancer.build().builtin(), {}, CPU)


def test_a_method_is_counted_when_its_gradient_has_gone():
    task = made()
    task.advance(3)
    assert "iterations_newton" not in task.evaluate()
    task.advance(12)
    values = task.evaluate()
    count = int(values["iterations_newton"])
    lengths = [task.whole.gradient(w).norm() for w in task.of_all.way("newton", 12)]
    assert lengths[count] < 1e-6 <= lengths[count - 1]
    assert values["error"] < 1e-8 and set(values) < set(second_order.METRICS)


def test_error_tells_of_a_wrong_place():
    task = made(start=3.0)
    assert task.evaluate()["error"] > 0.1  # no step has been taken


def test_a_step_back_is_what_it_was():
    """Guards a replay: the picture of step 2 is the same, however far the ways have been followed."""
    task, other = made(), made()
    for step in (2, 9, 2):
        task.advance(step)
    other.advance(2)
    assert torch.equal(task.on_plane.way("bfgs", 2), other.on_plane.way("bfgs", 2))
    assert len(task.of_all.left("bfgs", 2)) == 3


def test_the_map_shows_everyone_and_the_bound():
    task = made()
    task.advance(5)
    with torch.no_grad():
        payload = next(task.pictures()).payload
    assert payload["names"] == [*second_order.NAMES, "bound"]
    assert payload["trail_x"].shape == (8, 6)
    assert (payload["trail_x"][-1] == 0).all()
    bounded = second_order.NAMES.index("bounded")
    assert (payload["trail_x"][bounded] >= 0).all()
    # the crosses: Newton's least place lies beyond the bound, that of L-BFGS-B on it
    assert payload["marks"]["x"][0] < 0 == payload["marks"]["x"][1]


def test_a_column_that_there_is_not_is_told():
    with pytest.raises(DltuiError, match="no column 30"):
        made(second=30)
