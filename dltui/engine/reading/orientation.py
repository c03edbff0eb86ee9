"""EXIF's orientation: boxes and masks of a picture are turned as its file tells to turn it."""

import numpy as np
from PIL import Image

WAYS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDES_CHANGED = (5, 6, 7, 8)  # height and width change their places


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Returns width and height of a picture that is turned."""
    return size[::-1] if orientation in SIDES_CHANGED else size


def turned_mask(mask: Image.Image, orientation: int) -> Image.Image:
    """Returns a mask turned as its picture is."""
    return mask.transpose(WAYS[orientation]) if orientation in WAYS else mask


def turned_boxes(boxes: np.ndarray, size: tuple[int, int], orientation: int) -> np.ndarray:
    """boxes (M, 4) x1, y1, x2, y2 in a picture of width and height `size`, before it is turned -> (M, 4) after."""
    width, height = size
    x, y = boxes[:, 0::2], boxes[:, 1::2]  # (M, 2)
    if orientation in (2, 3, 7, 8):
        x = width - x
    if orientation in (3, 4, 6, 7):
        y = height - y
    if orientation in SIDES_CHANGED:
        x, y = y, x
    x, y = np.sort(x, 1), np.sort(y, 1)
    return np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1)
