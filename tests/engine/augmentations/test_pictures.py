"""Changes of pictures: equal to what Pillow, scipy and numpy make of them, each picture by its own draw."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from scipy import ndimage

from dltui.engine.augmentations import pictures as a

RGB = torch.rand(5, 3, 16, 16, generator=torch.Generator().manual_seed(0))
FACTORS = torch.tensor([0.0, 0.5, 1.0, 1.3, 2.0])


def test_flip_only_those_that_are_turned():
    turned = torch.tensor([True, False, True, False, False])
    out = a.flip(RGB, turned)
    assert np.array_equal(out[0], RGB[0].numpy()[:, :, ::-1]) and torch.equal(out[1], RGB[1])


def test_crop_moves_down_and_right_and_repeats_the_edge():
    """Guards the sense of the shift, and rows taken for columns."""
    down, right = torch.tensor([2, -3, 0, 1, 0]), torch.tensor([0, 1, 0, -2, 5])
    out = a.crop(RGB, down, right)
    for picture, before, y, x in zip(out, RGB, down.tolist(), right.tolist(), strict=True):
        want = ndimage.shift(before.numpy(), (0, y, x), order=0, mode="nearest")
        assert np.allclose(picture, want)


def test_rotate_is_scipys():
    """Guards the sense of the turn."""
    angles = torch.tensor([0.0, 10.0, -25.0, 90.0, 180.0])
    out = a.rotate(RGB, angles.deg2rad())
    for picture, before, angle in zip(out, RGB, angles.tolist(), strict=True):
        want = ndimage.rotate(before.numpy(), angle, axes=(1, 2), reshape=False, order=1, mode="nearest")
        assert np.allclose(picture[:, 5:11, 5:11], want[:, 5:11, 5:11], atol=1e-4)


def test_blur_is_scipys():
    """Guards the 1/2 of the Gaussian's exponent, and an edge that fades to black."""
    sigmas = torch.tensor([0.2, 0.5, 0.8, 1.0, 0.01])
    out = a.blur(RGB, sigmas)
    for picture, before, sigma in zip(out, RGB, sigmas.tolist(), strict=True):
        want = ndimage.gaussian_filter(before.numpy(), (0, sigma, sigma), mode="nearest", radius=(0, 2, 2))
        assert np.allclose(picture, want, atol=1e-5)


def test_saturation_is_pillows():
    out = a.saturation(RGB, FACTORS)
    for picture, before, factor in zip(out, RGB, FACTORS.tolist(), strict=True):
        image = Image.fromarray((before.permute(1, 2, 0) * 255).round().byte().numpy())
        want = np.asarray(ImageEnhance.Color(image).enhance(factor)) / 255
        assert np.abs(picture.permute(1, 2, 0).numpy() - want).max() < 0.015
    grey = RGB[:, :1]
    assert torch.equal(a.saturation(grey, FACTORS), grey)


def test_contrast_keeps_the_mean_and_stretches_the_rest():
    soft = 0.4 + 0.2 * RGB  # far from 0 and 1, or it would be cut
    out = a.contrast(soft, FACTORS)
    assert torch.allclose(out.mean((1, 2, 3)), soft.mean((1, 2, 3)), atol=1e-5)
    assert torch.allclose(out.std((1, 2, 3)), FACTORS * soft.std((1, 2, 3)), atol=1e-5)


def test_gamma_is_a_power_and_black_and_white_stay():
    out = a.gamma(RGB, FACTORS)
    assert np.allclose(out[3], RGB[3].numpy() ** 1.3, atol=1e-6)
    ends = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    assert torch.equal(a.gamma(ends, torch.tensor([0.7])), ends)


def test_cutout_hides_one_square_and_its_part_at_an_edge():
    out = a.cutout(RGB, torch.tensor([8, 0, 8, 15, 3]), torch.tensor([8, 0, 8, 15, 12]), 4)
    hidden = (out != RGB).all(1)
    assert hidden.sum((1, 2)).tolist() == [16, 4, 16, 9, 16]
    assert hidden[0, 6:10, 6:10].all() and torch.allclose(out[0, :, 7, 7], RGB[0].mean())


@pytest.mark.parametrize("name", a.CHANGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_draw_for_each_picture(name, channels):
    """The same picture five times comes out unlike, in 0..1, and hardly changed where the strength is hardly any."""
    torch.manual_seed(1)
    same = RGB[:1, :channels].repeat(8, 1, 1, 1)
    out = a.CHANGES[name](same, 1.0)
    assert out.shape == same.shape and out.min() >= 0 and out.max() <= 1 + 1e-6
    if (name, channels) != ("saturation", 1):
        assert len({tuple(picture.flatten().tolist()) for picture in out}) > 1
    assert (a.CHANGES[name](same, 1e-6) - same).abs().max() < 1e-3


def test_augmented_makes_every_named_change_in_order():
    torch.manual_seed(2)
    want = a.CHANGES["gamma"](a.CHANGES["contrast"](RGB, 0.5), 0.5)
    torch.manual_seed(2)
    assert torch.equal(a.augmented(RGB, ["contrast", "gamma"], 0.5), want)
    assert a.augmented(RGB, [], 1.0) is RGB
