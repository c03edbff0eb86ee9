"""PSPNet: the pyramid is adaptive average pooling, and lets every pixel see the whole picture."""

import pytest
import torch

from dltui.engine.models.pspnet import build


def test_a_level_is_the_mean_of_its_parts():
    """By hand where parts divide the maps: 2 x 2 parts of 4 x 4 maps."""
    torch.manual_seed(0)
    net, maps = build(levels=[2]).eval(), torch.rand(1, 32, 4, 4)
    parts = torch.stack(
        [torch.stack([maps[0, :, i : i + 2, j : j + 2].mean((1, 2)) for j in (0, 2)], 1) for i in (0, 2)], 1
    )
    assert torch.allclose(net.pooled(maps)[0], net.reduce[0](parts[None]), atol=1e-6)


def test_each_level_has_a_quarter_of_the_channels():
    net = build()
    assert [tuple(level.shape[1:]) for level in net.pooled(torch.rand(2, 32, 10, 10))] == [
        (8, 1, 1), (8, 2, 2), (8, 3, 3), (8, 6, 6),
    ]  # fmt: skip
    assert [tuple(maps.shape[1:]) for maps in build(levels=[]).stages(torch.rand(1, 3, 40, 40))] == [(32, 10, 10)]


@pytest.mark.parametrize(("levels", "far"), [([], False), ([1], True), ([1, 2, 3, 6], True)])
def test_with_a_pyramid_a_far_corner_moves_each_pixel(levels, far):
    torch.manual_seed(0)
    net, picture = build(levels=levels, classes=3).eval(), torch.rand(1, 3, 80, 80)
    other = picture.clone()
    other[..., -20:, -20:] += 10
    moved = (net(other) - net(picture))[..., :20, :20].abs().max()
    assert (moved > 1e-5) == far and net(torch.rand(2, 3, 44, 30)).shape == (2, 3, 44, 30)
