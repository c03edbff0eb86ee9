"""Key points: errors in shares of the face's width, axes in their order, and points drawn where they are."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dltui.engine.data import clouds, faces
from dltui.engine.tasks.keypoints import DIMMED, GLOW, METRICS, build, drawn, warmed
from dltui.errors import DltuiError
from tests.engine.conftest import context


class Knows(nn.Module):
    """Predicts given points (N, K, 2) in pixels, batch after batch, whatever the pictures."""

    def __init__(self, points: Tensor, heat: Tensor | None = None):
        super().__init__()
        self.points, self.heat, self.at = points, heat, 0

    def detect(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        rows = self.points[self.at : self.at + len(pictures)]
        self.at = (self.at + len(pictures)) % len(self.points)
        return rows / faces.ANYWHERE.size, self.heat

    def forward(self, pictures: Tensor) -> Tensor:
        return self.detect(pictures)[0]

    def loss(self, pictures: Tensor, points: Tensor, scales: Tensor) -> Tensor:
        return ((self.detect(pictures)[0] - points).norm(dim=2) / scales[:, None]).mean()


@pytest.fixture(scope="module")
def data():
    return faces.build(targets="landmarks", people=6).builtin()


def made(data, points: Tensor, heat: Tensor | None = None):
    return build()(context(data, {"model": Knows(points, heat)}))


def truth(split) -> Tensor:
    return split.targets[:, :-1].view(-1, 4, 2)


def test_who_knows_the_places_errs_by_nothing(data):
    """Guards the unit of the answer, pixels against parts of the side; and the mean shape is that of the training."""
    values = made(data, truth(data.test)).evaluate()
    assert set(values) == set(METRICS) - {"loss"}
    assert values["nme"] < 1e-6 and values["failure_rate"] == 0
    assert made(data, truth(data.train)).loss(torch.arange(12)).item() < 1e-6
    mean = truth(data.train).mean(0).expand(len(data.test.targets), -1, -1)
    assert made(data, mean).evaluate()["nme"] == pytest.approx(values["mean_shape_nme"], rel=1e-5)


def test_an_error_is_a_distance_over_the_faces_own_width(data):
    moved = torch.tensor([3.0, -4.0])
    values = made(data, truth(data.test) + moved).evaluate()
    assert values["nme"] == pytest.approx((5 / data.test.targets[:, -1]).mean().item(), rel=1e-4)
    assert values["failure_rate"] == 1
    loss = made(data, truth(data.train) + moved).loss(torch.arange(12)).item()
    assert loss == pytest.approx((5 / data.train.targets[:, -1]).mean().item(), rel=1e-4)


def test_one_point_astray_is_a_failure(data):
    points = truth(data.test).clone()
    points[:30, 2, 0] += 0.2 * data.test.targets[:30, -1]
    values = made(data, points).evaluate()
    assert values["failure_rate"] == pytest.approx(30 / len(points)) and values["nme"] == pytest.approx(
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


def test_points_carry_the_number_of_their_picture_and_of_their_part():
    points = drawn(torch.arange(8.0).view(2, 2, 2), hollow=True)
    assert [(point["cell"], point["colour"], point["at"]) for point in points] == [
        (0, 0, [0, 1]), (0, 1, [2, 3]), (1, 0, [4, 5]), (1, 1, [6, 7]),
    ]  # fmt: skip
    assert all(point["hollow"] for point in points) and "hollow" not in drawn(torch.zeros(1, 1, 2))[0]


def test_the_hottest_cell_glows_over_its_pixels_and_cold_ones_show_the_picture():
    heat = torch.zeros(2, 3)
    heat[1, 2] = 0.1
    picture = torch.full((3, 4, 6), 0.8)
    warm = warmed(picture, heat)
    assert torch.allclose(warm[:, 2:, 4:], torch.tensor(GLOW)[:, None, None].expand(3, 2, 2))
    assert torch.allclose(warm[:, :2], torch.tensor(DIMMED * 0.8)) and torch.allclose(warm[:, :, :4], warm[:, :1, :1])


def test_data_without_points_are_refused():
    with pytest.raises(DltuiError, match="needs pictures"):
        made(clouds.build(rows=100).builtin(), torch.zeros(1, 4, 2))
