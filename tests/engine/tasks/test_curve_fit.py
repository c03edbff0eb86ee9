"""More freedom each step: the fit never gets worse, the prediction does, and a penalty holds it."""

import itertools

import numpy as np
import torch

from dltui.engine.tasks.curve_fit import METRICS, build
from tests.engine.conftest import CPU


def made(**options):
    torch.manual_seed(0)
    return build(**options)(None, {}, CPU)


def errors(task, steps=15):
    found = [task.evaluate()]
    for step in range(1, steps + 1):
        task.advance(step)
        found.append(task.evaluate())
    assert set(found[-1]) == set(METRICS)
    return [[values[name] for values in found] for name in ("train_error", "validation_error")]


def test_the_fit_only_improves_while_the_prediction_turns():
    """Guards the held-back points: judged on the points of the fit, more freedom would always look better."""
    train, validation = errors(made())
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(train))
    best = int(np.argmin(validation))
    assert 3 <= best <= 7 and validation[best] < validation[0] / 2 and validation[-1] > 3 * validation[best]


def test_many_points_or_a_penalty_hold_the_curve():
    free = errors(made())[1]
    for options in ({"points": 400}, {"ridge": 0.05}):
        held = errors(made(**options))[1]
        assert held[-1] < 0.1 * free[-1] and held[-1] < 2 * min(held)


def test_it_stops_at_the_last_degree():
    task = made(degrees=3)
    train, _ = errors(task, 6)
    assert train[3] == train[6] and task.place["degree"] == 3


def test_a_penalty_that_is_turned_at_the_end_calms_the_last_curve():
    task = made()
    wild = errors(task)[1][-1]
    task.ridge = 0.05
    task.advance(16)
    assert task.evaluate()["validation_error"] < 0.1 * wild


def test_the_curve_is_shown_where_the_points_are():
    task = made(points=12)
    for step in range(1, 12):
        task.advance(step)
    fit, curves = (picture.payload for picture in task.pictures())
    y = fit["paths"][0]["y"]
    assert np.nanmax(np.abs(y)) <= np.abs(fit["y"]).max() + 0.5
    held = fit["x"][fit["label"] == 1]
    assert held.min() < -0.9 and held.max() > 0.9
    assert fit["marks"]["y"].tolist() == task.state.y.tolist()
    assert all(np.isfinite(curve["y"][:12]).all() and np.isnan(curve["y"][12:]).all() for curve in curves["curves"])
