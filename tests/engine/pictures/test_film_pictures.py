"""Films and skeletons as pictures: frames in a row, their mean where a picture is asked for, lines on the joints."""

import torch

from dltui.engine.data.films import build
from dltui.engine.generators.stick_people import JOINTS
from dltui.engine.pictures.first_rows import first_rows
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.skeleton import LARGER, skeletons


def test_the_first_rows_of_films_are_strips():
    data = build(train_rows=20, test_rows=4, size=16).builtin()
    shown = first_rows(data, 3)
    assert (shown["rows"], shown["columns"]) == (3, 7) and shown["pixels"].shape == (48, 112)


def test_a_picture_of_many_channels_is_their_mean():
    pictures = torch.tensor([[0.0, 0.2, 0.4, 1.0]])[..., None, None].expand(1, 4, 2, 2)
    assert (montage(pictures)["pixels"] == 102).all()
    assert (montage((255 * pictures).round().to(torch.uint8))["pixels"] == 102).all()


def test_a_skeleton_is_drawn_on_its_joints():
    points = torch.rand(2, len(JOINTS), 2) * 0.8 + 0.1
    large = skeletons(torch.zeros(2, 3, 20, 20), points)
    assert large.shape == (2, 3, 20 * LARGER, 20 * LARGER)
    for of, at in zip(large, points, strict=True):
        x, y = (at[1:] * 20 * LARGER).long().T
        assert (of[:, y, x].amax(0) > 100).all() and (of[:, 0, 0] == 0).all()
