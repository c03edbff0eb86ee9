"""Pictures of drawn stick people, and where their joints are."""

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import stick_people as drawing

SOURCES = ("builtin",)
GIVES = ("pictures", "keypoints")


def build(*, train_rows: int = 2000, test_rows: int = 250, size: int = 48, seed: int = 0) -> "StickPeople":
    """People in any pose, from the front or from behind; every one is another person.

    train_rows: generated pictures to train on, at least 10.
    test_rows: generated pictures to test on, at least 2.
    size: height and width in pixels, at least 24.
    seed: decides the generated pictures, at least 0.
    """
    return StickPeople((train_rows, test_rows), size, seed)


class StickPeople:
    """Pictures (N, 3, size, size) uint8; targets (N, 23) float32: x and y of each joint, and the length of the torso,
    from neck to hip, in pixels. `classes` name the joints.
    """

    def __init__(self, rows: tuple[int, int], size: int, seed: int):
        self.rows, self.size, self.seed = rows, size, seed

    def builtin(self) -> Dataset:
        """Drawn people: the same options give the same."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        count = sum(self.rows)
        bodies, poses = drawing.people(count, random), drawing.poses(count, random)
        joints = drawing.joints(poses, bodies, drawing.centred(poses, bodies, random))
        ground = drawing.grounds(count, self.size, random)
        pictures = torch.from_numpy(drawing.photographed(drawing.drawn(ground, joints, bodies), random))
        torso = drawing.TORSO * bodies.height[:, None]
        targets = torch.from_numpy(self.size * np.concatenate([joints.reshape(count, -1), torso], 1)).float()
        train, test = (Split(*both) for both in zip(pictures.split(self.rows), targets.split(self.rows), strict=True))
        facts = facts_of(pictures, drawing.JOINTS)
        return Dataset(train, test, drawing.JOINTS, "builtin", "drawn stick people", facts)
