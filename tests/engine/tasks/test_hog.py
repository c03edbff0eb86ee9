"""The baseline before nets: the more rows the better, and what is counted is drawn."""

import numpy as np
import pytest
import torch

from dltui.engine.data import digits, moons
from dltui.engine.tasks.hog import FEWEST, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(cell=2, **options)(data, {}, CPU)


def test_each_step_sees_twice_as_many_rows_and_all_in_the_end(data):
    task = made(data)
    assert task.evaluate() == {} and not list(task.pictures())
    rows = []
    for step in (1, 2, 3, 40):
        task.place["step"] = step
        rows.append(task._rows)
    assert rows == [FEWEST, 2 * FEWEST, 4 * FEWEST, len(data.train.inputs)]


def test_it_is_scikit_learns_on_these_rows(data):
    """The rows of a step are rightly paired with their classes, and judged on the test rows."""
    from sklearn.linear_model import LogisticRegression

    task = made(data, features="pixels")
    task.advance(3)
    torch.manual_seed(0)
    rows = torch.randperm(len(data.train.inputs))[: 4 * FEWEST]
    x, test_x = (split.inputs.flatten(1).float().numpy() / 255 for split in (data.train, data.test))
    model = LogisticRegression(max_iter=500).fit(x[rows], data.train.targets[rows].numpy())
    found = task.evaluate()
    assert found["accuracy_logistic"] == pytest.approx(model.score(test_x, data.test.targets.numpy()))
    assert found["accuracy_forest"] > 0.7


def test_another_picture_is_shown_at_each_step_as_it_is_fed_in(data):
    task, pixels = made(data), made(data, features="pixels")
    for step in (1, 2):
        task.advance(step)
        pixels.advance(step)
        drawn, confusion = (picture.payload for picture in task.pictures())
        truth = data.classes[data.test.targets[step - 1]]
        assert drawn["captions"][0] == f"is {truth}" and drawn["title"] == f"after {FEWEST * step} rows"
        assert np.diag(confusion["values"]).sum() / len(data.test.targets) == pytest.approx(
            task.evaluate()["accuracy_logistic"]
        )
        x = data.test.inputs[step - 1, 0].numpy()
        large = x.repeat(4, 0).repeat(4, 1)  # cells of 2 pixels drawn as 8
        assert np.abs(drawn["pixels"][:, :32].astype(int) - large).max() <= 1 and drawn["pixels"][:, 32:].max() > 200
        shown = next(pixels.pictures()).payload
        assert np.abs(shown["pixels"].astype(int) - x).max() <= 1 and shown["captions"][0].startswith(f"is {truth}")


def test_pictures_too_small_for_the_cells_are_said_so(data):
    with pytest.raises(DltuiError, match=r"task\.cell is 7: pictures have to be at least 14 by 14"):
        build()(data, {}, CPU)
    with pytest.raises(DltuiError, match=r"rows of \(2,\)"):
        build()(moons.build().builtin(), {}, CPU)
