"""Numbers become the pictures that they are: of any usual shape, on one scale for all splits, which is told."""

from pathlib import Path

import numpy as np
import pytest

from dltui.engine.reading.pixels import Pictures, pixels_of
from dltui.errors import DltuiError, ExitStatus
from tests.engine.hub_standin import pictures

GREY, WHERE = Pictures(1, 28), Path("rows.npz")


def grey() -> np.ndarray:
    found = pictures(5, 1)
    found[0, 0, 0] = 255
    return found


@pytest.mark.parametrize(
    "shaped",
    [
        lambda grey: grey,
        lambda grey: grey[:, None],
        lambda grey: grey[..., None],
        lambda grey: grey.reshape(len(grey), -1),
        lambda grey: grey / np.float32(255),
        lambda grey: grey.astype(np.int64),
        lambda grey: np.repeat(grey[..., None], 3, axis=3),
    ],
    ids=["HW", "CHW", "HWC", "flat", "0..1", "int64", "colour"],
)
def test_pictures_in_any_usual_shape_are_the_same(shaped):
    (found,), _ = pixels_of([shaped(grey())], GREY, WHERE)
    assert found.shape == (5, 1, 28, 28) and found.dtype == np.uint8
    assert np.array_equal(found[:, 0], grey())


def test_small_pictures_are_brought_to_the_wanted_size():
    (found,), _ = pixels_of([np.full((3, 8, 8), 207, np.uint8)], GREY, WHERE)
    assert np.array_equal(found, np.full((3, 1, 28, 28), 207))


@pytest.mark.parametrize(
    ("most", "dtype", "white", "told"),
    [
        (1, np.uint8, 255, "pixels are 0..1: 1 is white"),
        (16, np.int64, 255, "pixels are 0..16: 16 is white"),
        (8, np.int64, 128, "pixels are 0..8: 16 is white"),
        (60, np.uint8, 60, "taken as of 0..255"),
        (200, np.uint8, 200, ""),
        (65_535, np.uint16, 255, "16 bit"),
    ],
)
def test_the_scale_is_that_of_the_format_and_is_told(most, dtype, white, told):
    """Guards pictures of 0 and 1 taken for black ones."""
    values = np.linspace(0, most, 2 * 784).round().astype(dtype).reshape(2, 784)
    (found,), notes = pixels_of([values], GREY, WHERE)
    assert found.max() == white and found.min() == 0
    assert told in " ".join(notes) and bool(notes) == bool(told)


def test_a_dark_split_keeps_the_scale_of_the_other():
    light, dark = np.full((2, 784), 255.0), np.full((2, 784), 1.0)
    (one, other), notes = pixels_of([light, dark], GREY, WHERE)
    assert (one.max(), other.max(), notes) == (255, 1, ())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((2, 5)), "expected pictures: 784 numbers a row"),
        (np.full((2, 784), 300), r"expected pixels in 0\.\.255 or 0\.\.1 .* found 300\.\.300"),
        (np.full((2, 784), -1), r"found -1\.\.-1"),
        (np.zeros((2, 0)), "expected pictures"),
    ],
)
def test_what_is_no_picture_is_told(values, told):
    with pytest.raises(DltuiError, match=told) as raised:
        pixels_of([values], GREY, WHERE)
    assert raised.value.status == ExitStatus.DATA
