"""Key points: errors in shares of the face's width, axes in their order, and points drawn where they are."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dltui.engine.algorithms.heat_maps import blob
from dltui.engine.data import landmarks, moons
from dltui.engine.tasks.keypoints import METRICS, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


class Knows(nn.Module):
    """Says given points (N, K, 2) in pixels, batch after batch, whatever the pictures."""

    def __init__(self, points: Tensor, heat: Tensor | None = None):
        super().__init__()
        self.points, self.heat, self.at = points, heat, 0

    def found(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        return self(pictures), self.heat

    def forward(self, pictures: Tensor) -> Tensor:
        rows = self.points[self.at : self.at + len(pictures)]
        self.at = (self.at + len(pictures)) % len(self.points)
        return rows / landmarks.CAMERA.size


@pytest.fixture(scope="module")
def data():
    return landmarks.build(people=6).builtin()


def made(data, points: Tensor, heat: Tensor | None = None, **options):
    return build(**options)(data, {"model": Knows(points, heat)}, CPU)


def truth(split) -> Tensor:
    return split.targets[:, :-1].view(-1, 4, 2)


def test_who_knows_the_places_errs_by_nothing(data):
    """Guards the unit of the answer, pixels against parts of the side; and the mean face is that of the training."""
    values = made(data, truth(data.test)).evaluate()
    assert set(values) == set(METRICS) - {"loss"}
    assert values["error"] < 1e-6 and values["astray"] == 0
    assert made(data, truth(data.train)).loss(torch.arange(12)).item() < 1e-6
    mean = truth(data.train).mean(0).expand(len(data.test.targets), -1, -1)
    assert made(data, mean).evaluate()["error"] == pytest.approx(values["mean_face"], rel=1e-5)


def test_an_error_is_a_distance_over_the_faces_own_width(data):
    moved = torch.tensor([3.0, -4.0])
    values = made(data, truth(data.test) + moved).evaluate()
    assert values["error"] == pytest.approx((5 / data.test.targets[:, -1]).mean().item(), rel=1e-4)
    assert values["astray"] == 1
    loss = made(data, truth(data.train) + moved).loss(torch.arange(12)).item()
    assert loss == pytest.approx((5 / data.train.targets[:, -1]).mean().item(), rel=1e-4)


def test_one_point_astray_makes_a_face_astray(data):
    points = truth(data.test).clone()
    points[:30, 2, 0] += 0.2 * data.test.targets[:30, -1]
    values = made(data, points).evaluate()
    assert values["astray"] == pytest.approx(30 / len(points)) and values["error"] == pytest.approx(
        0.2 * 30 / len(points) / 4, rel=1e-3
    )


def test_points_are_drawn_on_their_faces_over_the_rings_of_the_truth(data):
    faces, parts = (picture.payload for picture in made(data, truth(data.test) + 2).pictures())
    left = truth(data.test)[:, :, 0].mean(1).argmin()  # the first that is drawn is the one farthest left
    first = [point for point in faces["points"] if point["cell"] == 0]
    assert [point.get("hollow", False) for point in first] == [True] * 4 + [False] * 4
    at = np.array([point["at"] for point in first])
    assert np.allclose(at[:4], truth(data.test)[left], atol=0.02) and np.allclose(at[4:] - at[:4], 2, atol=0.02)
    want = 100 * (8**0.5 / data.test.targets[:, -1]).mean()
    assert np.allclose(parts["values"], want, rtol=1e-4) and len(parts["labels"]) == 4


def test_heat_maps_are_drawn_where_a_net_has_them(data):
    heat = torch.rand(2, 4, 24, 24)
    panes = {picture.pane: picture.payload for picture in made(data, truth(data.test), heat).pictures()}
    assert list(panes) == ["faces", "heat maps", "parts"]
    assert panes["heat maps"]["captions"] == [*data.classes] * 2 and panes["heat maps"]["pixels"].shape == (96, 192, 3)


def test_maps_are_drawn_to_blobs_on_the_truth(data):
    """Heat in the right place costs nothing, in another it does, however right the points are."""
    points, side, rows = truth(data.train), landmarks.CAMERA.size, torch.arange(12)
    right, wrong = blob(points / side, 24, 24), blob(1 - points / side, 24, 24)
    losses = [made(data, points, heat).loss(rows).item() for heat in (right, wrong)]
    assert losses[0] < 1e-5 and 0.1 < losses[1] < 0.7
    assert made(data, points, wrong, blobs=2.0).loss(rows).item() == pytest.approx(2 * losses[1], rel=1e-4)
    assert made(data, points, wrong, blobs=0.0).loss(rows).item() < 1e-5


def test_data_without_points_are_refused():
    with pytest.raises(DltuiError, match="no points"):
        made(moons.build(rows=100).builtin(), torch.zeros(1, 4, 2))
