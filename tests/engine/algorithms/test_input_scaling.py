"""One neuron on three scalings of its input: the same answers at first and in the end, and what scaling saves."""

import pytest
import torch

from dltui.engine.algorithms.input_scaling import METRICS, SHARE, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context

SCALINGS = ("raw", "centred", "standardised")


def table(classes=2):
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, classes, (150,), generator=generator)
    inputs = 4 * (torch.randn(150, 2, generator=generator) + targets[:, None]) + 9
    split = Split(inputs, targets)
    names = tuple("abc"[:classes])
    return Dataset(split, split, names, "builtin", "", {"inputs": 2, "classes": classes}, columns=("one", "two"))


def made(scaling="standardised", data=None, **options):
    torch.manual_seed(0)
    return build(scaling=scaling, **options)(context(data or table()))


def advanced(descent, steps):
    for _ in range(steps):
        descent.step()
    return descent


def test_all_three_begin_with_the_same_answers_and_have_the_same_minimum():
    descents = [made(scaling) for scaling in SCALINGS]
    for descent in descents:
        answers, wanted = (each.neuron.x @ each.theta for each in (descent, descents[2]))
        torch.testing.assert_close(answers, wanted)
        assert descent.neuron.gradient(descent.minimum).abs().max() < 1e-9


def test_standardised_inputs_have_a_round_surface_and_are_there_first():
    raw, centred, standardised = (advanced(made(scaling), 75).evaluate() for scaling in SCALINGS)
    assert set(raw) == set(METRICS) and max(each["excess_loss"] for each in (raw, centred, standardised)) <= SHARE
    assert standardised["condition"] == pytest.approx(1) and centred["condition"] > 5
    assert 5 * standardised["steps"] <= centred["steps"] <= raw["steps"] / 5


def test_steps_are_counted_to_where_a_twentieth_is_left():
    descent = made("centred")
    theta, steps = descent.theta.clone(), 0
    while descent.excess(theta) > SHARE:
        theta, steps = theta - descent.neuron.gradient(theta) / descent.neuron.steepest, steps + 1
    assert advanced(descent, 40).evaluate()["steps"] == steps > 3


def test_it_is_done_when_nothing_is_left_that_could_be_seen():
    assert not made().done and advanced(made(), 40).done


def test_the_map_shows_the_way_and_the_minimum():
    pictures = {picture.pane: picture.payload for picture in advanced(made("centred", column=0), 5).pictures()}
    payload, curve = pictures["centred"], pictures["loss"]["curves"][0]
    assert payload["names"][0].startswith("steps: ") and payload["names"][0].endswith("one")
    assert payload["trail_x"].shape == (1, 6) and curve["x"].tolist() == [1, 1, 2, 3, 4, 5]
    heights, (left, right), (bottom, top) = payload["values"], payload["x"], payload["y"]
    row, column = divmod(int(heights.argmin()), heights.shape[1])
    at = left + (right - left) * column / 59, top - (top - bottom) * row / 39
    assert at[0] == pytest.approx(payload["marks"]["x"][0], abs=(right - left) / 40)
    assert at[1] == pytest.approx(payload["marks"]["y"][0], abs=(top - bottom) / 20)


@pytest.mark.parametrize(("classes", "column", "said"), [(3, 0, "3 classes"), (2, 2, "at most 1")])
def test_what_it_cannot_take_is_an_error(classes, column, said):
    with pytest.raises(DltuiError, match=said):
        made(data=table(classes), column=column)
