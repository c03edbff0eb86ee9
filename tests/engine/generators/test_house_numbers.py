"""Generated house numbers: the same every time; the digit in the middle is the label's; colours do not tell it."""

import numpy as np
import torch

from dltui.engine.generators import house_numbers, strokes


def test_house_numbers_are_the_same_whatever_else_was_drawn():
    first, classes = house_numbers.house_numbers(300, 5)
    np.random.seed(9)
    torch.manual_seed(9)
    again, same_classes = house_numbers.house_numbers(300, 5)
    assert np.array_equal(first, again) and np.array_equal(classes, same_classes)
    assert not np.array_equal(first, house_numbers.house_numbers(300, 6)[0])


def test_the_digit_in_the_middle_is_the_labels_and_others_come_in_from_the_sides():
    digits, classes = strokes.digits(300, 2)
    others = np.full((2, *digits[:, 0].shape), 255, np.uint8)  # neighbours that are all ink
    ink = house_numbers._number(digits[:, 0], others, np.random.default_rng(0))
    assert np.array_equal(ink[:, 2:-2, 13:19], digits[:, 0, :, 11:17].astype(np.float32) / 255), "nothing else"
    sides = [ink[:, 5:-5, :1].mean((1, 2)) == 1, ink[:, 5:-5, -1:].mean((1, 2)) == 1]
    assert all(0.6 < side.mean() < 0.8 for side in sides)
    assert np.array_equal(house_numbers.house_numbers(300, 2)[1], classes)


def test_light_and_dark_digits_are_equally_common_and_colours_do_not_tell_the_class():
    pictures, classes = house_numbers.house_numbers(3000, 3)
    ink = np.pad(strokes.digits(3000, 3)[0], ((0, 0), (0, 0), (2, 2), (2, 2))) > 120
    inside = (pictures * ink).sum((1, 2, 3)) / (3 * ink.sum((1, 2, 3)))
    light = inside > pictures.mean((1, 2, 3))
    assert 0.45 < light.mean() < 0.55
    means = np.stack([pictures[classes == number].mean((0, 2, 3)) for number in range(10)])  # (10, 3)
    assert (means.max(0) - means.min(0)).max() < 12
