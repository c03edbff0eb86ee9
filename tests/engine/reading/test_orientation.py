"""A box turned is where its picture shows it, for each of EXIF's eight orientations."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from dltui.engine.reading.orientation import turned_boxes, turned_mask, turned_size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_and_masks_turn_as_pillow_turns_the_picture(orientation):
    picture = np.zeros((40, 60), np.uint8)
    picture[5:15, 20:50] = 255
    file = Image.fromarray(picture)
    file.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(file))
    assert upright.shape[::-1] == turned_size((60, 40), orientation)
    (x1, y1, x2, y2) = turned_boxes(np.array([[20.0, 5, 50, 15]]), (60, 40), orientation)[0].astype(int)
    rows, columns = np.nonzero(upright)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (x1, y1, x2, y2)
    assert (np.asarray(turned_mask(Image.fromarray(picture), orientation)) == upright).all()
