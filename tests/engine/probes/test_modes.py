"""Modes: what is near a Gaussian, what is enough, and pictures by the class that they are taken for."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import clouds
from dltui.engine.probes.modes import build, coverage
from tests.engine.conftest import CPU
from tests.engine.probes.test_fid import Drawing, digits  # noqa: F401

CENTRES, SPREAD = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]), torch.tensor([0.1, 0.1, 1.0])


def test_samples_of_all_groups_cover_them():
    samples = CENTRES.repeat(100, 1)
    found = coverage(samples, CENTRES, SPREAD)
    assert found.counts.tolist() == [100, 100, 100] and found.covered == 3 and found.near == 1


def test_a_collapsed_generator_covers_one():
    """Guards the claim: a mean over the distances of all samples would call this near everything."""
    assert coverage(CENTRES[:1].repeat(300, 1), CENTRES, SPREAD).covered == 1


def test_between_groups_is_no_group_and_each_has_its_own_width():
    samples = torch.tensor([[5.0, 5.0], [0.5, 0.0], [0.3, 0.0], [0.0, 6.5]])  # 4 deviations: 0.4 and 4
    found = coverage(samples, CENTRES, SPREAD)
    assert found.counts.tolist() == [1, 0, 1] and found.near == 0.5


def test_a_few_stray_samples_are_not_enough():
    samples = torch.cat([CENTRES[:1].repeat(290, 1), CENTRES[1:2].repeat(9, 1), CENTRES[2:].repeat(11, 1)])
    assert coverage(samples, CENTRES, SPREAD).covered == 2  # a tenth of a third of 310 is 10.3


def test_points_of_the_training_set_cover_every_mode():
    data = clouds.build(shape="circle", groups=8, rows=500, spread=0.05).builtin()
    x = Rows(data, CPU).train.inputs
    assert build(samples=len(x))(Drawing(data, x)).evaluate() == {
        "modes": 8,
        "steps_to_coverage": 0,
        "high_quality": pytest.approx(1, abs=0.01),
    }
    assert build(samples=len(x))(Drawing(data, 0 * x)).evaluate() == {
        "modes": 0,
        "steps_to_coverage": 0,
        "high_quality": 0,
    }


def test_pictures_are_counted_by_their_class(digits):  # noqa: F811
    bright = digits.test.inputs[digits.test.targets == 1] / 255
    probe = build(samples=len(bright))(Drawing(digits, bright))
    assert probe.evaluate() == {"modes": 1, "steps_to_coverage": 0}
    (picture,) = probe.pictures()
    assert picture.pane == "classes drawn" and picture.payload["values"].tolist() == pytest.approx([0, 1], abs=0.05)


def test_the_step_of_the_first_coverage_is_kept():
    """Guards a generator that loses its modes again, and one that never has them: it counts all steps so far."""
    data = clouds.build(shape="circle", groups=8, rows=500, spread=0.05).builtin()
    x = Rows(data, CPU).train.inputs
    found = []
    probe = build(samples=len(x))(Drawing(data, 0 * x))
    for step, drawn in ((10, 0 * x), (20, x), (30, 0 * x)):
        probe.task.drawn = drawn
        probe.after_step(step)
        found.append(probe.evaluate()["steps_to_coverage"])
    assert found == [10, 20, 20]
