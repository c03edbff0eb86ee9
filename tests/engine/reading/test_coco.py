"""Boxes in COCO's format lie where they are seen; those that cannot be used are named, counted and left out."""

import json

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading import coco
from dltui.errors import DltuiError, ExitStatus

WIDE, HIGH = 96, 64
BOX = [20, 10, 30, 20]  # x, y, width, height


def write(folder, *, orientation: int = 1, sizes=None, added=(), **parts):
    """A folder of three pictures with a bright box each."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((HIGH, WIDE, 3), np.uint8)
    pixels[10:30, 20:50] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    for number in range(3):
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png", exif=exif)
    told = dict(zip(("width", "height"), sizes, strict=True)) if sizes else {}
    images = [{"id": number, "file_name": f"{number}.png", **told} for number in range(3)]
    boxes = [{"id": number, "image_id": number, "category_id": 5, "bbox": BOX} for number in range(3)]
    whole = {"images": images, "categories": [{"id": 5, "name": "disc"}], "annotations": [*boxes, *added]}
    (folder / "annotations.json").write_text(json.dumps({**whole, **parts}))
    return folder


def read(folder, size: int = 48):
    return coco.read(folder, size, 3, lambda text: None)


def share_inside(found: coco.Annotated) -> float:
    """Of the brightness of the first picture, what lies in its first box."""
    x1, y1, x2, y2 = found.boxes[0, 0, :4].round().astype(int)
    picture = found.pictures[0].sum(0).astype(float)
    return picture[y1:y2, x1:x2].sum() / picture.sum()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("sizes", [None, (WIDE, HIGH), (10 * WIDE, 10 * HIGH)])
def test_boxes_lie_on_what_they_frame_however_the_picture_is_turned_or_was_scaled(tmp_path, orientation, sizes):
    scale = sizes[0] / WIDE if sizes else 1
    boxes = [{"id": 0, "image_id": 0, "category_id": 5, "bbox": [side * scale for side in BOX]}]
    found = read(write(tmp_path, orientation=orientation, sizes=sizes, annotations=boxes))
    assert share_inside(found) > 0.9
    area = (found.boxes[0, 0, 2] - found.boxes[0, 0, 0]) * (found.boxes[0, 0, 3] - found.boxes[0, 0, 1])
    assert area == pytest.approx(48 * 48 * 600 / (WIDE * HIGH), rel=0.01)
    assert any("another size" in note for note in found.notes) == (scale != 1)


def test_boxes_that_were_drawn_upright_are_not_turned_again(tmp_path):
    boxes = [{"id": 0, "image_id": 0, "category_id": 5, "bbox": [HIGH - 30, 20, 20, 30]}]
    folder = write(tmp_path, orientation=6, sizes=(HIGH, WIDE), annotations=boxes)
    assert share_inside(read(folder)) > 0.9


def test_a_size_of_another_form_is_refused(tmp_path):
    with pytest.raises(DltuiError, match=r"0\.png is 100 x 100 in the annotations, and has 96 x 64") as raised:
        read(write(tmp_path, sizes=(100, 100)))
    assert raised.value.status == ExitStatus.DATA


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"bbox": [5, 5, 0, 9]}, "left out: 1 box without area"),
        ({"bbox": [30, 30, -10, -10]}, "left out: 1 box without area"),
        ({"bbox": [500, 500, 20, 20]}, "left out: 1 box off their picture"),
        ({"bbox": [float("nan"), 1, 2, 3]}, "left out: 1 box with NaN or infinity"),
        ({"bbox": [1, 1, float("inf"), 3]}, "left out: 1 box with NaN or infinity"),
        ({"bbox": [10**400, 1, 2, 3]}, "left out: 1 box with NaN or infinity"),
        ({"bbox": []}, "left out: 1 box without four numbers"),
        ({"bbox": None}, "left out: 1 box without four numbers"),
        ({"bbox": ["a", 1, 2, 3]}, "left out: 1 box without four numbers"),
        ({"iscrowd": 1}, "left out: 1 box around crowds"),
        ({"image_id": 4242}, "left out: 1 box of pictures that are not in images"),
    ],
)
def test_a_box_that_cannot_be_used_is_counted_and_named(tmp_path, changed, told):
    bad = {"id": 77, "image_id": 0, "category_id": 5, "bbox": BOX, **changed}
    found = read(write(tmp_path, added=[bad]))
    assert found.notes == (f"{told} (annotation 77)",)
    assert np.isfinite(found.boxes).all() and (found.boxes[..., 4] == 0).sum() == 3


def test_a_box_over_the_edge_is_clipped_and_told(tmp_path):
    found = read(write(tmp_path, added=[{"id": 8, "image_id": 1, "category_id": 5, "bbox": [-20, -10, 300, 200]}]))
    assert found.boxes[1, 1].tolist() == [0, 0, 48, 48, 0]
    assert found.notes == ("clipped at the edge of their picture: 1 box (8)",)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            {"annotations": [{"id": 3, "image_id": 0, "category_id": 90, "bbox": BOX}]},
            "3 has category_id 90; .*: 5 disc",
        ),
        ({"annotations": [{"id": 3, "image_id": 0, "category_id": [], "bbox": BOX}]}, r"3 has category_id \[\]"),
        (
            {"annotations": [{"id": 3, "image_id": 9, "category_id": 5, "bbox": BOX}]},
            "used: left out: 1 box of",
        ),
        ({"annotations": []}, "annotations is empty"),
        ({"annotations": ["x"]}, "expected a record, found 'x' as annotations 1"),
        ({"images": 3}, "found no images"),
        ({"images": [{"id": 7}]}, "expected an image with id and file_name"),
        ({"images": [{"id": [], "file_name": "0.png"}]}, "expected an image with id and file_name"),
        ({"images": [{"id": 1, "file_name": "0.png"}] * 2}, "two images have the id 1"),
        ({"images": [{"id": 1, "file_name": "a\0b.png"}]}, "found no a"),
        ({"images": [{"id": 1, "file_name": "0.png"}]}, "expected 3 pictures or more with boxes, found 1"),
        ({"categories": [None]}, "expected a record, found None as categories 1"),
        ({"categories": [{"id": 5}]}, "expected a category with id and name"),
        ({"categories": [{"id": 5, "name": "a"}, {"id": 5, "name": "b"}]}, "two categories have the id 5"),
    ],
)
def test_annotations_of_another_form_are_told(tmp_path, parts, told):
    with pytest.raises(DltuiError, match=told) as raised:
        read(write(tmp_path, **parts))
    assert raised.value.status == ExitStatus.DATA and "annotations.json" in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[]", "a list of 0 entries at the top"),
        (b'[{"image_id": 1, "bbox": []}]', r"a list of 1 entries at the top \(with image_id, bbox\)"),
        (b"3", "found no images"),
        (b'{"images": [', "no JSON at line 1, column 13"),
        (b"[" * 100_000, "found lists in lists"),
        (b"\xff\xfe{", "utf-16"),
    ],
)
def test_what_is_no_coco_is_told(tmp_path, text, told):
    (write(tmp_path) / "annotations.json").write_bytes(text)
    with pytest.raises(DltuiError, match=told):
        read(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_names_in_other_encodings_are_read(tmp_path, encoding):
    word = "\u0434\u0435\u0440\u0435\u0432\u043e"
    file = write(tmp_path, categories=[{"id": 5, "name": word}]) / "annotations.json"
    file.write_bytes(json.dumps(json.loads(file.read_text()), ensure_ascii=False).encode(encoding))
    assert read(tmp_path).classes == (word,)


def test_the_only_json_of_a_folder_is_its_annotations_and_pictures_without_are_told(tmp_path):
    write(tmp_path)
    (tmp_path / "annotations.json").rename(tmp_path / "_annotations.coco.json")
    (tmp_path / "images" / "9.png").write_bytes((tmp_path / "images" / "0.png").read_bytes())
    assert read(tmp_path).notes == ("passed over: 1 pictures that the annotations do not name (images/9.png)",)
