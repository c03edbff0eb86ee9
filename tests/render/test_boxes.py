"""Boxes lie where they are said to lie, at every scale, and colours over a picture leave the rest as it is."""

import numpy as np

from dltui.render import boxes, palette
from dltui.render.look import Look

from .conftest import LOOKS, plain
from .examples import EXAMPLES

PICTURE = {"type": "boxes", "pixels": np.zeros((20, 20), np.uint8), "rows": 1, "columns": 1}


def inks(lines) -> list[list[str]]:
    """For each line, the colours in front and behind, a cell each."""
    return [
        [f"{s.style.color.triplet.hex if s.style and s.style.color else ''}" for s in line for _ in s.text]
        for line in lines
    ]


def test_golden(drawn_as_golden):
    drawn_as_golden("boxes", boxes.render, EXAMPLES["boxes"])


def test_a_box_has_its_corners_where_it_says():
    """Scale 2: a picture of 20 pixels on 40 points, half of them a line. Guards against x and y changed about."""
    text = plain(boxes.render(PICTURE | {"boxes": [{"cell": 0, "box": [5, 2, 15, 18]}]}, 40, 21, LOOKS["none"]))
    assert [row for row, line in enumerate(text) if "-" in line] == [2, 17]
    assert [line.find("|") for line in text[2:18]] == [10] * 16
    assert [line.rfind("|") for line in text[2:18]] == [29] * 16


def test_a_covered_pixel_takes_on_the_colour_of_its_class_and_no_other_does():
    masks = np.zeros((20, 20), int)
    masks[:10] = 2
    tinted = boxes._tinted(PICTURE["pixels"], masks)
    assert (tinted[10:] == 0).all() and (tinted[:10] == tinted[0, 0]).all()
    want = [boxes.TINT * int(palette.series(1)[at : at + 2], 16) for at in (1, 3, 5)]
    assert np.allclose(tinted[0, 0], want, atol=1)


def test_names_stand_above_their_boxes_and_the_key_below():
    named = {"boxes": [{"cell": 0, "box": [2, 10, 18, 18], "label": "disc .9"}], "classes": ["disc"]}
    text = plain(boxes.render(PICTURE | named, 40, 24, Look()))
    above, below = ("\n".join(part) for part in (text[:12], text[12:]))
    assert "disc .9" in above and "disc" in below
