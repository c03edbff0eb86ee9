"""What is drawn of a regression: lines in the target's units, the exact solution, and units that add up to the net."""

import numpy as np
import pytest
import torch

from dltui.engine.data import curve
from dltui.engine.models import deep_mlp
from dltui.engine.probes.regression import METRICS, RESIDUALS, build, least_squares
from dltui.engine.tasks import regress
from tests.engine.conftest import context
from tests.engine.tasks.test_regress import solved, task_of


@torch.no_grad()
def seen(task, **options):
    probe = build(**options)(task)
    return probe.evaluate(), {picture.pane: picture.payload for picture in probe.pictures()}


def test_nothing_is_in_excess_at_the_solution_and_something_beside_it():
    task = task_of()
    theirs = solved(task)
    values, panes = seen(task)
    assert values["excess"] == pytest.approx(0, abs=1e-5) and set(values) == set(METRICS)
    assert panes["weights"]["values"] == pytest.approx(theirs.coef_.tolist(), rel=1e-4)
    train = task.rows.train
    assert values["train_r2"] == pytest.approx(theirs.score(train.inputs.numpy(), train.targets.numpy()), abs=1e-5)
    task.net.head.weight.data[0, 0] += 0.1
    assert seen(task)[0]["excess"] > 0.01


def test_the_least_error_counts_a_constant():
    x = torch.arange(10.0)[:, None]
    assert least_squares(x, 3 * x[:, 0] + 70) == pytest.approx(0, abs=1e-9)


def test_one_column_shows_its_line_and_the_distances_from_it():
    task = task_of(columns=1)
    theirs = solved(task)
    _, panes = seen(task)
    line, *residuals = panes["line"]["paths"]
    assert line["y"] == pytest.approx(theirs.predict(line["x"][:, None]), rel=1e-4) and len(line["x"]) == 2
    assert len(residuals) == RESIDUALS
    stroke, test = residuals[3], task.rows.test
    assert stroke["x"][0] == stroke["x"][1] == test.inputs[3, 0]
    assert stroke["y"][1] == test.targets[3]
    assert stroke["y"][0] == pytest.approx(theirs.predict(stroke["x"][:1, None])[0], rel=1e-4)


def test_a_hidden_layer_bends_the_line_and_has_no_weights_to_name():
    _, panes = seen(task_of(columns=1, hidden=[4]))
    assert len(panes["line"]["paths"][0]["x"]) > 2
    assert list(seen(task_of(hidden=[4]))[1]) == ["predicted"]


def test_predictions_lie_across_and_the_truth_upwards():
    task = task_of()
    _, panes = seen(task)
    with torch.no_grad():
        predictions = task.predictions(task.rows.train.inputs)
    assert panes["predicted"]["x"][:80] == pytest.approx(predictions.numpy())
    assert panes["predicted"]["y"][:80] == pytest.approx(task.rows.train.targets.numpy())


# -- a curve without noise ---------------------------------------------------------------------------------------------


def on_a_curve(**options):
    torch.manual_seed(0)
    net = deep_mlp.build(inputs=1, outputs=1, depth=0, initialisation="knots", **options)
    return regress.build()(context(curve.build().builtin(), {"model": net}))


def test_the_units_that_are_drawn_add_up_to_the_net_in_the_order_of_their_places():
    task = on_a_curve(width=12, activation="tanh")
    _, panes = seen(task, curve=True)
    rows = np.asarray(panes["units"]["values"])
    units = rows[::8]
    assert units.shape == (12, 511) and np.array_equal(units.repeat(8, axis=0), rows)
    net, true = (line["y"] for line in panes["fit"]["curves"])
    rest = task.net.head.bias.item() * task.deviation.item() + task.mean.item()
    assert np.allclose(units.sum(0) + rest, net, atol=1e-5)
    assert np.allclose(true[::2], task.rows.train.targets) and np.allclose(true[1::2], task.rows.test.targets)
    turns = np.abs(np.diff(units, axis=1)).argmax(1)  # where each is steepest
    assert (np.diff(turns) <= 1).all()  # the rightmost first


def test_units_that_are_linear_draw_a_line():
    _, panes = seen(on_a_curve(width=32, activation="linear"), curve=True)
    assert np.abs(np.diff(panes["fit"]["curves"][0]["y"], 2)).max() < 1e-4


def test_a_second_hidden_layer_has_no_units_that_add_up():
    torch.manual_seed(0)
    task = regress.build()(context(curve.build().builtin(), {"model": deep_mlp.build(inputs=1, outputs=1, depth=1)}))
    assert list(seen(task, curve=True)[1]) == ["fit"]
