"""One net in two libraries: the same steps from the same weights, others from others, and resumed in the middle."""

import copy

import numpy as np
import pytest
import torch

from dltui.engine.callbacks.sklearn_twin import METRICS, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context

LR, MOMENTUM = 0.2, 0.8
# a BLAS kernel may leave the flag of an invalid operation though every number is finite: a NaN fails what is compared
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in matmul:RuntimeWarning")


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, 1, 4, 4, generator=generator)
    return Split((255 * x).to(torch.uint8), (3 * x[:, 0, :2].mean((1, 2))).round().long().clamp(0, 2))


DATA = Dataset(rows(200, 0), rows(80, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 16, "classes": 3})


def made(data=DATA, **options):
    torch.manual_seed(0)
    net = mlp.build(inputs=16, hidden=[6, 5], outputs=len(data.classes), **options)
    return build(lr=LR, momentum=MOMENTUM)(classify.build()(context(data, {"model": net})))


def trained(callback, steps, lr=LR, first=0):
    task = callback.task
    optimizer = torch.optim.SGD(task.net.parameters(), lr=lr, momentum=MOMENTUM)
    for step in range(first, first + steps):
        optimizer.zero_grad()
        task.loss(torch.arange(step, step + 20)).backward()
        optimizer.step()
        callback.after_step(step + 1)
    return callback


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_twin_takes_torchs_steps_and_the_other_does_not(activation):
    """Guards activation, order of layers, momentum and mean of the loss: any other leaves the twin behind."""
    callback = trained(made(activation=activation), 30)
    with torch.no_grad():
        values, task = callback.evaluate(), callback.task.evaluate()
    assert set(values) == set(METRICS)
    assert values["twin_distance"] < 1e-5 and values["twin_loss"] == pytest.approx(task["test_loss"], abs=1e-5)
    assert values["own_distance"] > 0.5 and values["twin_difference"] == 0
    assert values["twin_accuracy"] == pytest.approx(task["accuracy"])


def test_another_rate_parts_them():
    callback = trained(made(), 30, lr=1.05 * LR)
    assert callback.twin.distance(callback.task.net) > 1e-3


def test_resumed_it_goes_on_as_if_nothing_had_been():
    """Guards the velocities, which scikit-learn keeps to itself."""
    whole = trained(made(), 5)
    saved, net = copy.deepcopy(whole.state_dict()), copy.deepcopy(whole.task.net.state_dict())
    trained(whole, 5, first=5)
    resumed = made()
    resumed.load_state_dict(saved)
    resumed.task.net.load_state_dict(net)
    trained(resumed, 5, first=5)
    for one, other in zip(whole.twin.weights(), resumed.twin.weights(), strict=True):
        assert torch.equal(one, other)


def test_a_batch_in_pieces_is_one_step():
    pieces, whole = made(), made()
    pieces.task.loss(torch.arange(10)), pieces.task.loss(torch.arange(10, 20))
    pieces.after_step(1)
    whole.task.loss(torch.arange(20))
    whole.after_step(1)
    assert torch.equal(pieces.twin.weights()[0], whole.twin.weights()[0])


@torch.no_grad()
def test_the_twins_answers_lie_on_the_diagonal():
    units, answers = (picture.payload for picture in made().pictures())
    assert units["rows"] == 3 and units["columns"] == 6
    pixels = units["pixels"]
    torchs, twins, own = (pixels[:, start : start + 4] for start in (0, 4, 8))
    assert np.array_equal(torchs, twins) and not np.array_equal(torchs, own)
    twin = np.asarray(answers["label"]) == 1
    assert np.allclose(answers["x"][twin], answers["y"][twin], atol=1e-4)
    assert np.abs(answers["x"][~twin] - answers["y"][~twin]).max() > 0.01


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"activation": "leaky_relu"}])
def test_what_scikit_learn_has_not_is_refused(options):
    with pytest.raises(DltuiError, match="MLPClassifier has no"):
        made(**options)


def test_two_classes_have_one_output_there():
    with pytest.raises(DltuiError, match="one output"):
        made(DATA._replace(classes=("a", "b")))
