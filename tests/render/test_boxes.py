"""Boxes lie where they are said to lie, at every scale, and colours over a picture leave the rest as it is."""

import numpy as np
import pytest

from dltui.render import boxes, palette
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES, POINTS

PICTURE = {"type": "boxes", "pixels": np.zeros((20, 20), np.uint8), "rows": 1, "columns": 1}


def inks(lines) -> list[list[str]]:
    """For each line, the colours in front and behind, a cell each."""
    return [
        [f"{s.style.color.triplet.hex if s.style and s.style.color else ''}" for s in line for _ in s.text]
        for line in lines
    ]


def test_golden(drawn_as_golden):
    drawn_as_golden("boxes", boxes.render, EXAMPLES["boxes"])


def test_golden_of_points(drawn_as_golden):
    drawn_as_golden("boxes-points", boxes.render, POINTS)


def test_a_box_has_its_corners_where_it_says():
    """Scale 2: a picture of 20 pixels on 40 points, half of them a line. Guards against x and y changed about."""
    text = plain(boxes.render(PICTURE | {"boxes": [{"cell": 0, "box": [5, 2, 15, 18]}]}, 40, 21, LOOKS["none"]))
    assert [row for row, line in enumerate(text) if "-" in line] == [2, 17]
    assert [line.find("|") for line in text[2:18]] == [10] * 16
    assert [line.rfind("|") for line in text[2:17]] == [29] * 15 and text[17].rfind("1") == 29


def test_in_colours_a_box_is_a_thin_line_and_the_picture_shows_within_and_beneath():
    picture = PICTURE | {"pixels": np.full((20, 20), 90, np.uint8), "boxes": [{"cell": 0, "box": [4, 4, 16, 16]}]}
    drawn = boxes.render(picture, 40, 21, LOOKS["true"])
    text = plain(drawn)
    assert text[4][8:32] == "┌" + "─" * 22 + "┐" and text[10][8] == text[10][31] == "│" and not text[10][9:31].strip()
    [ground] = {s.style.bgcolor.triplet for line in drawn[4:16] for s in line if s.style and s.style.bgcolor}
    assert ground.red == ground.green == ground.blue == pytest.approx(90, abs=1)


def test_a_covered_pixel_takes_on_the_colour_of_its_class_and_no_other_does():
    masks = np.zeros((20, 20), int)
    masks[:10] = 2
    tinted = boxes._tinted(PICTURE["pixels"], masks)
    assert (tinted[10:] == 0).all() and (tinted[:10] == tinted[0, 0]).all()
    want = [boxes.TINT * int(palette.series(1)[at : at + 2], 16) for at in (1, 3, 5)]
    assert np.allclose(tinted[0, 0], want, atol=1)


def test_names_stand_above_their_boxes_and_the_key_below():
    named = {"boxes": [{"cell": 0, "box": [2, 10, 18, 18], "label": "disc .9"}], "classes": ["disc"]}
    text = plain(boxes.render(PICTURE | named, 40, 24, TerminalCapabilities()))
    above, below = ("\n".join(part) for part in (text[:12], text[12:]))
    assert "disc .9" in above and "disc" in below


def named(*places: float) -> list[dict]:
    return [{"cell": 0, "box": [x, 8, x + 6, 14], "label": "disc .9"} for x in places]


def test_names_of_boxes_never_run_into_each_other():
    """Three boxes on one another: each name is whole, on a line where no other stands."""
    text = "\n".join(plain(boxes.render(PICTURE | {"boxes": named(2, 3, 4)}, 60, 30, TerminalCapabilities())))
    assert text.count("disc .9") == 3


def test_names_that_would_cover_the_picture_are_left_to_the_colours():
    """Twelve names on a scene of 19 cells hid it wholly."""
    text = "\n".join(plain(boxes.render(PICTURE | {"boxes": named(*range(12))}, 20, 10, TerminalCapabilities())))
    assert "disc" not in text and "┌" in text


def test_a_key_without_room_on_one_line_takes_those_that_the_picture_leaves():
    classes = ["wall found", "wall missed", "wall made up"]
    text = plain(boxes.render(PICTURE | {"classes": classes}, 20, 18, TerminalCapabilities()))
    assert [line.strip() for line in text if "wall" in line] == [f"■ {name}" for name in classes]
    text = plain(boxes.render(PICTURE | {"classes": classes}, 20, 11, TerminalCapabilities()))
    assert [line.strip() for line in text if "wall" in line] == ["■ wall found  +2"]


def test_scenes_in_a_row_break_and_what_is_on_them_goes_with_them():
    row = {"type": "boxes", "pixels": np.zeros((20, 60), np.uint8), "rows": 1, "columns": 3}
    box = {"cell": 2, "box": [0, 0, 20, 20]}
    lines = plain(boxes.render(row | {"boxes": [box]}, 41, 42, LOOKS["none"]))
    assert [number for number, line in enumerate(lines) if "-" * 10 in line] == [28, 40]
    [first, *_] = plain(boxes.render(row | {"boxes": [box]}, 62, 12, LOOKS["none"]))
    assert first.index("|-") == 2 * (20 + 1)


def test_without_colours_a_class_has_a_sign_on_what_it_covers_and_in_the_key():
    """Guards against classes that only a colour tells apart: found, missed and made up all looked alike."""
    masks = np.zeros((20, 20), int)
    masks[:2], masks[8:10, 10:] = 1, 2
    text = plain(boxes.render(PICTURE | {"masks": masks, "classes": ["sea", "sky"]}, 40, 12, LOOKS["none"]))
    assert set(text[0][:20]) == {"1"} and text[4][10:20] == "2" * 10 and set(text[4][:10]) == {" "}
    assert text[-1].split() == ["1", "sea", "2", "sky"]


def test_without_colours_what_is_covered_inside_is_still_seen():
    text = plain(boxes.render(PICTURE | {"masks": np.ones((20, 20), int)}, 80, 41, LOOKS["none"]))
    inside = "".join(line[2:36] for line in text[2:18])
    assert inside.count("1") == pytest.approx(len(inside) / 2, abs=20)


def test_without_colours_a_box_carries_the_sign_of_its_class_and_a_dashed_one_none():
    box = {"cell": 0, "box": [5, 2, 15, 18], "colour": 2}
    text = plain(boxes.render(PICTURE | {"boxes": [box]}, 40, 21, LOOKS["none"]))
    assert text[17][29] == "3"
    assert "3" not in "".join(plain(boxes.render(PICTURE | {"boxes": [box | {"dashed": True}]}, 40, 21, LOOKS["none"])))


RING, POINT = {"cell": 0, "at": [5, 12], "colour": 1, "hollow": True}, {"cell": 0, "at": [5, 12], "colour": 1}


def test_a_point_takes_the_cell_at_its_place_and_keeps_the_ring_around_it():
    """Scale 2: a picture of 20 pixels on 40 points, two of which are a line high. Guards against x and y changed."""
    (line,) = [
        line for line in boxes.render(PICTURE | {"points": [RING, POINT]}, 40, 21, LOOKS["true"]) if "○" in _text(line)
    ]
    at = _text(line).index("○")
    (segment,) = [segment for segment in line if "○" in segment.text]
    assert at == 10 and segment.style.bgcolor == palette.ink(palette.series(1), LOOKS["true"]).color
    assert plain(boxes.render(PICTURE | {"points": [RING]}, 40, 21, LOOKS["true"]))[12][10] == "○"


def test_without_colours_a_point_has_the_sign_of_its_class_and_hides_its_ring():
    found = [plain(boxes.render(PICTURE | {"points": p}, 40, 21, LOOKS["ascii"])) for p in ([RING], [RING, POINT])]
    assert [text[12][10] for text in found] == ["o", "2"]


def _text(line) -> str:
    return "".join(segment.text for segment in line)
