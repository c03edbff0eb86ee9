"""Numbers of a table or an array -> pictures: their shape is found out, their scale is that of all splits, and told."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from dltui.engine.reading import picture
from dltui.errors import DltuiError, ExitStatus

LEAST_SIDE = 5  # pixels of a row of numbers that is taken for a picture: four numbers are hardly one of 2 x 2
DIGITS = 16  # the largest pixel of scikit-learn's digits
LEAST_USUAL = 100  # a smaller largest pixel of 0..255 is told


class Pictures(NamedTuple):
    """Wanted: pictures, which are resized and made grey or coloured as needed."""

    channels: int
    size: int


def pixels_of(arrays: list[np.ndarray], wanted: Pictures, path: Path) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Returns the numbers of each split (N, ...) as pictures (N, C, size, size) uint8, and words on their scale.

    Raises DltuiError where their shape or range does not fit.
    """
    shaped = [_as_pictures(values, wanted, path) for values in arrays]  # (N, H, W, C)
    low, high = min(values.min() for values in shaped), max(values.max() for values in shaped)
    factor, note = _scale(low, high, shaped[0].dtype, path)
    return [_as_wanted(values, factor, wanted) for values in shaped], (note,) if note else ()


def _scale(low: float, high: float, dtype: np.dtype, path: Path) -> tuple[float, str]:
    """By what pixels are multiplied to lie in 0..255, and what is to be told of it."""
    if low < 0 or high > (65_535 if dtype == np.uint16 else 255):
        raise DltuiError(
            f"{path}: expected pixels in 0..255 or 0..1 (or 16 bit in uint16), found {low:g}..{high:g}.",
            "Scale them.",
            ExitStatus.DATA,
        )
    if high > 255:
        return 255 / 65_535, "pixels have 16 bit: 65,535 is white"
    if high <= 1:
        return 255.0, "pixels are 0..1: 1 is white"
    if high <= DIGITS:
        return 255 / DIGITS, f"pixels are 0..{high:g}: {DIGITS} is white"
    if high < LEAST_USUAL:
        return 1.0, f"pixels are {low:g}..{high:g}, taken as of 0..255, where 255 is white: the pictures are dark"
    return 1.0, ""


def _as_wanted(values: np.ndarray, factor: float, wanted: Pictures) -> np.ndarray:
    pictures = values if values.dtype == np.uint8 and factor == 1 else (values * factor).round().astype(np.uint8)
    if pictures.shape[1:] == (wanted.size, wanted.size, wanted.channels):
        return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    squeezed = pictures[..., 0] if pictures.shape[3] == 1 else pictures
    return np.stack([picture.fitted(Image.fromarray(pixels), *wanted) for pixels in squeezed])


def _as_pictures(values: np.ndarray, wanted: Pictures, path: Path) -> np.ndarray:
    """(N, D), (N, H, W), (N, C, H, W) or (N, H, W, C) -> (N, H, W, C) with 1 or 3 channels."""
    if values.size:
        if values.ndim == 2:
            for channels in (wanted.channels, 4 - wanted.channels):
                side = round((values.shape[1] / channels) ** 0.5)
                if side >= LEAST_SIDE and channels * side * side == values.shape[1]:
                    return values.reshape(-1, channels, side, side).transpose(0, 2, 3, 1)
        elif values.ndim == 3:
            return values[..., None]
        elif values.ndim == 4 and values.shape[3] in (1, 3):
            return values
        elif values.ndim == 4 and values.shape[1] in (1, 3):
            return values.transpose(0, 2, 3, 1)
    raise DltuiError(
        f"{path}: expected pictures: {wanted.channels * wanted.size**2} numbers a row (or another square), "
        f"found {values.shape[1:]}.",
        "Shapes that are understood: (N, pixels), (N, H, W), (N, C, H, W), (N, H, W, C).",
        ExitStatus.DATA,
    )
