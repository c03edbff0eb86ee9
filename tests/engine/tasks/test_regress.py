"""Regression: scores are scikit-learn's, and what is learned is what is judged."""

import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import max_error, mean_squared_error, r2_score

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks.regress import METRICS, Regress, build
from dltui.errors import DltuiError
from tests.engine.conftest import context


def data_of(columns, values=0):
    """Rows of `columns` numbers with one value each, or with a list of `values`."""
    generator = torch.Generator().manual_seed(0)
    names = tuple("abcd"[:columns])

    def drawn(rows):
        x = torch.randn(rows, columns, generator=generator)
        y = 150 + 30 * x.sum(1) + 10 * x[:, 0] ** 2 + 20 * torch.randn(rows, generator=generator)
        return Split(x, torch.stack([y * (k + 1) - k * x[:, 0] for k in range(values)], 1) if values else y)

    facts = {"inputs": columns, "classes": 0} | ({"values": values} if values else {})
    return Dataset(drawn(80), drawn(40), (), "builtin", "", facts, columns=names)


def task_of(columns=3, hidden=(), values=0) -> Regress:
    torch.manual_seed(0)
    net = mlp.build(inputs=columns, outputs=max(1, values), hidden=list(hidden))
    return build()(context(data_of(columns, values), {"model": net}))


def solved(task):
    """Gives the net scikit-learn's weights."""
    train = task.rows.train
    theirs = LinearRegression().fit(train.inputs.numpy(), train.targets.numpy())
    task.net.head.weight.data[0] = torch.from_numpy(theirs.coef_) / task.deviation
    task.net.head.bias.data[0] = (float(theirs.intercept_) - task.mean) / task.deviation
    return theirs


@pytest.mark.parametrize("values", [0, 3])
@torch.no_grad()
def test_scores_are_those_of_sklearn(values):
    task = task_of(values=values)
    true, predictions = task.rows.test.targets.numpy(), task.predictions(task.rows.test.inputs).numpy()
    found = task.evaluate()
    assert found["r2"] == pytest.approx(r2_score(true, predictions), abs=1e-5)
    assert found["rmse"] == pytest.approx(mean_squared_error(true, predictions) ** 0.5, rel=1e-5)
    assert found["max_error"] == pytest.approx(
        max(map(max_error, true.T.reshape(-1, 40), predictions.T.reshape(-1, 40)))
    )
    assert set(found) < set(METRICS)


def test_the_loss_has_no_gradient_at_the_solution():
    """Guards that what is learned is what is judged: targets are scaled for the net, and scaled back."""
    task = task_of()
    theirs = solved(task)
    loss = task.loss(torch.arange(80))
    loss.backward()
    assert task.net.head.weight.grad.abs().max() < 1e-5 and task.net.head.bias.grad.abs().max() < 1e-5
    train = task.rows.train
    least = mean_squared_error(train.targets.numpy(), theirs.predict(train.inputs.numpy()))
    assert loss.item() * task.deviation.item() ** 2 == pytest.approx(least, rel=1e-4)


def test_rows_of_classes_have_no_values(data):
    with pytest.raises(DltuiError, match="needs values"):
        build()(context(data, {"model": mlp.build(inputs=2, outputs=1)}))
