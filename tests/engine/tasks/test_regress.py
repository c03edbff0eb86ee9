"""Regression: scores and the least error are scikit-learn's, and what is drawn is in the target's units."""

import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks.regress import METRICS, RESIDUALS, build, least_squares
from tests.engine.conftest import CPU


def data_of(columns):
    generator = torch.Generator().manual_seed(0)
    names = tuple("abcd"[:columns])

    def drawn(rows):
        x = torch.randn(rows, columns, generator=generator)
        return Split(x, 150 + 30 * x.sum(1) + 10 * x[:, 0] ** 2 + 20 * torch.randn(rows, generator=generator))

    return Dataset(drawn(80), drawn(40), (), "builtin", "", {"inputs": columns, "classes": 0}, columns=names)


def task_of(columns=3, hidden=()):
    torch.manual_seed(0)
    return build()(data_of(columns), {"model": mlp.build(inputs=columns, outputs=1, hidden=list(hidden))}, CPU)


def solved(task):
    """Gives the net scikit-learn's weights."""
    theirs = LinearRegression().fit(task.inputs.numpy(), task.targets.numpy())
    task.net.head.weight.data[0] = torch.from_numpy(theirs.coef_) / task.deviation
    task.net.head.bias.data[0] = (float(theirs.intercept_) - task.mean) / task.deviation
    return theirs


def seen(task):
    with torch.no_grad():
        return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


def test_scores_are_those_of_sklearn():
    task = task_of()
    values, _ = seen(task)
    with torch.no_grad():
        ours = task.predictions(task.test_inputs).numpy(), task.predictions(task.inputs).numpy()
    assert values["r2"] == pytest.approx(r2_score(task.test_targets.numpy(), ours[0]), abs=1e-5)
    assert values["train_r2"] == pytest.approx(r2_score(task.targets.numpy(), ours[1]), abs=1e-5)
    assert set(values) < set(METRICS)


def test_nothing_is_in_excess_at_the_solution_and_something_beside_it():
    task = task_of()
    theirs = solved(task)
    values, panes = seen(task)
    assert values["excess"] == pytest.approx(0, abs=1e-5)
    assert panes["weights"]["values"] == pytest.approx(theirs.coef_.tolist(), rel=1e-4)
    task.net.head.weight.data[0, 0] += 0.1
    assert seen(task)[0]["excess"] > 0.01


def test_the_loss_has_no_gradient_at_the_solution():
    """Guards that what is learned is what is judged: targets are scaled for the net, and scaled back."""
    task = task_of()
    solved(task)
    loss = task.loss(torch.arange(task.rows))
    loss.backward()
    assert task.net.head.weight.grad.abs().max() < 1e-5 and task.net.head.bias.grad.abs().max() < 1e-5
    assert loss.item() * task.deviation.item() ** 2 == pytest.approx(task.least, rel=1e-4)


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
    stroke = residuals[3]
    assert stroke["x"][0] == stroke["x"][1] == task.test_inputs[3, 0]
    assert stroke["y"][1] == task.test_targets[3]
    assert stroke["y"][0] == pytest.approx(theirs.predict(stroke["x"][:1, None])[0], rel=1e-4)


def test_a_hidden_layer_bends_the_line_and_has_no_weights_to_name():
    _, panes = seen(task_of(columns=1, hidden=[4]))
    assert len(panes["line"]["paths"][0]["x"]) > 2
    assert list(seen(task_of(hidden=[4]))[1]) == ["predicted"]


def test_predictions_lie_across_and_the_truth_upwards():
    task = task_of()
    _, panes = seen(task)
    with torch.no_grad():
        predicted = task.predictions(task.inputs)
    assert panes["predicted"]["x"][:80] == pytest.approx(predicted.numpy())
    assert panes["predicted"]["y"][:80] == pytest.approx(task.targets.numpy())
