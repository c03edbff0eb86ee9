"""Faces with key points: within the picture, the right way up, of people apart from those of the test."""

import torch

from dltui.engine.data import landmarks


def test_points_lie_as_a_face_has_them():
    data = landmarks.build(people=5).builtin()
    assert data.train.inputs.shape == (10, 3, 48, 48) and data.facts["classes"] == 4
    points, widths = data.test.targets[:, :8].view(-1, 4, 2), data.test.targets[:, 8]
    left, right, nose, mouth = points.unbind(1)
    assert (left[:, 0] < right[:, 0]).all() and (torch.stack([left, right, nose])[..., 1] < mouth[:, 1]).all()
    assert (points > 0).all() and (points < 48).all()
    assert ((left - right).norm(dim=1) < 0.75 * widths).all() and 0.03 * widths.mean() > 0.75  # pixels


def test_one_answer_for_all_faces_is_far_from_each():
    """Faces lie anywhere, closer or farther: who does not look errs by several times what the recipe claims."""
    targets = landmarks.build(people=5).builtin().test.targets
    points = targets[:, :8].view(-1, 4, 2)
    assert ((points - points.mean(0)).norm(dim=2) / targets[:, 8:]).mean() > 0.15


def test_the_test_is_the_same_however_many_train():
    few, more = (landmarks.build(people=people).builtin() for people in (3, 6))
    assert torch.equal(few.test.inputs, more.test.inputs) and len(more.train.inputs) == 12
    assert not torch.equal(few.train.targets[:8], few.test.targets[:8])
