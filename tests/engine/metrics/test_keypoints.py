"""PCK by hand, and swaps of left and right: none of the truth, all of a mirrored answer."""

import pytest
import torch

from dltui.engine.metrics.keypoints import other_side, pck, swapped

NAMES = ("neck", "left hand", "right hand")


def test_pck_counts_errors_up_to_the_threshold():
    errors = torch.tensor([[0.1, 0.2, 0.21], [0.0, 1.0, 0.05]])
    assert pck(errors) == pytest.approx(4 / 6) and pck(errors, 0.05) == pytest.approx(2 / 6)


def test_each_joint_has_its_twin():
    assert other_side(NAMES) == [0, 2, 1] and other_side(("nose", "left eye")) == [0, 1]


def test_a_mirrored_answer_is_all_swapped_and_the_truth_is_not():
    points, scales = torch.rand(20, 3, 2), torch.full((20,), 0.01)
    assert swapped(points, points, scales, NAMES) == 0
    assert swapped(points[:, [0, 2, 1]], points, scales, NAMES) == 1


def test_joints_beside_each_other_are_not_asked():
    points = torch.tensor([[[0.0, 0.0], [0.5, 0.5], [0.51, 0.5]]])
    assert swapped(points[:, [0, 2, 1]], points, torch.tensor([0.3]), NAMES) == 0
