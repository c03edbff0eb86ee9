"""Points in their pictures and colours, and heat that glows where it is hottest."""

import torch

from dltui.engine.pictures.points import DIMMED, GLOW, pointed, warmed


def test_points_carry_the_number_of_their_picture_and_of_their_part():
    points = pointed(torch.arange(8.0).view(2, 2, 2), hollow=True)
    assert [(point["cell"], point["colour"], point["at"]) for point in points] == [
        (0, 0, [0, 1]), (0, 1, [2, 3]), (1, 0, [4, 5]), (1, 1, [6, 7]),
    ]  # fmt: skip
    assert all(point["hollow"] for point in points) and "hollow" not in pointed(torch.zeros(1, 1, 2))[0]


def test_the_hottest_cell_glows_over_its_pixels_and_cold_ones_show_the_picture():
    heat = torch.zeros(2, 3)
    heat[1, 2] = 0.1
    picture = torch.full((3, 4, 6), 0.8)
    warm = warmed(picture, heat)
    assert torch.allclose(warm[:, 2:, 4:], torch.tensor(GLOW)[:, None, None].expand(3, 2, 2))
    assert torch.allclose(warm[:, :2], torch.tensor(DIMMED * 0.8)) and torch.allclose(warm[:, :, :4], warm[:, :1, :1])
