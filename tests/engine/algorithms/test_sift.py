"""SIFT as a walkthrough: true places are where the photograph was turned to; a step depends on the options alone."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import sift
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.data import photographs

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def rows():
    return Rows(photographs.build(size=96).builtin(), CPU)


def made(rows, **options):
    torch.manual_seed(0)
    return sift.build(**options)(Context(rows, {}, CPU, 0))


def test_most_matches_join_the_same_place(rows):
    moment = made(rows, pairs=3).at(3)
    assert moment.metrics["mean_right"] > 0.75 and moment.metrics["mean_matches"] > 15
    assert moment.metrics["mean_right_patches"] < 0.3


def test_right_is_judged_by_the_motion_and_not_by_the_descriptors(rows):
    """The second photograph's brightness at the end of a right match is that of the first at its start."""
    pair = made(rows, pairs=1)._pair(0)
    first = made(rows).first
    starts, ends = pair.ends[pair.right].round().astype(int).transpose(1, 2, 0)
    inside = ((ends >= 0) & (ends < first.shape[1])).all(0)
    a = first.mean(0)[starts[1, inside], starts[0, inside]]
    b = pair.picture.mean(0)[ends[1, inside], ends[0, inside]]
    assert np.corrcoef(a, b)[0, 1] > 0.8


def test_a_step_is_the_same_whenever_it_is_looked_up(rows):
    forwards, at_once = made(rows, pairs=3), made(rows, pairs=3)
    values = [forwards.at(step).metrics for step in (1, 2, 3)]
    assert (
        at_once.at(2).metrics == values[1] and at_once.at(3).metrics == values[2] and at_once.at(1).metrics == values[0]
    )


def test_without_a_direction_turned_photographs_are_not_found(rows):
    assert made(rows, pairs=3, oriented=False).at(3).metrics["mean_right"] < 0.5


def test_grey_pictures_will_do():
    data = photographs.build(size=64).builtin()
    grey = data._replace(train=data.train._replace(inputs=data.train.inputs[:, :1]))
    assert next(picture.pane for picture in made(Rows(grey, CPU), pairs=1).at(1).pictures) == "matches"
