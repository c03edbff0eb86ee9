"""Stick people: joints lie on the person, bones keep their length, and left is on the other side from behind."""

import numpy as np
import torch

from dltui.engine.data.stick_people import build
from dltui.engine.generators import stick_people as drawing


def bodies_and_joints(count=50, seed=0):
    random = np.random.Generator(np.random.PCG64(seed))
    bodies, poses = drawing.people(count, random), drawing.poses(count, random)
    return bodies, poses, drawing.joints(poses, bodies, drawing.centred(poses, bodies, random))


def test_the_same_seed_gives_the_same():
    a, b, other = (build(train_rows=10, test_rows=2, seed=seed).builtin() for seed in (0, 0, 1))
    assert torch.equal(a.train.inputs, b.train.inputs) and not torch.equal(a.train.inputs, other.train.inputs)
    assert a.train.targets.shape == (10, 2 * len(drawing.JOINTS) + 1) and a.test.inputs.shape == (2, 3, 48, 48)


def test_bones_are_as_long_in_every_pose():
    bodies, _, joints = bodies_and_joints()
    for a, b in drawing.BONES:
        lengths = np.linalg.norm(joints[:, a] - joints[:, b], axis=1) / bodies.height
        assert np.ptp(lengths) < 1e-9
    assert np.allclose(np.linalg.norm(joints[:, 1] - joints[:, 2], axis=1), drawing.TORSO * bodies.height)


def test_left_limbs_are_on_the_right_of_the_picture_from_the_front_only():
    bodies, _, joints = bodies_and_joints(400)
    left = joints[:, drawing.JOINTS.index("left elbow"), 0] - joints[:, drawing.JOINTS.index("right elbow"), 0]
    assert ((left > 0) == bodies.front).mean() > 0.95 and 0.3 < bodies.front.mean() < 0.7


def test_a_joint_lies_on_the_person_and_the_corner_does_not():
    """Pixels at the joints differ from the ground that was drawn upon."""
    bodies, _, joints = bodies_and_joints(60)
    ground = np.zeros((60, 3, 48, 48), np.float32)
    pixels = drawing.drawn(ground, joints, bodies)
    column, row = (48 * joints).astype(int).clip(0, 47).transpose(2, 0, 1)  # (N, K) each
    light = pixels.sum(1)[np.arange(60)[:, None], row, column]
    inside = (joints > 0.02).all(2) & (joints < 0.98).all(2)
    assert (light[inside] > 0.1).mean() > 0.99 and (pixels[:, :, 0, 0] == 0).all()
