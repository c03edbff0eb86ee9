"""Scenes: boxes that fit their shapes, and COCO's files as they are."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from dltui.engine.data.scenes import build
from dltui.engine.generators.scenes import scenes
from dltui.errors import DltuiError


def quiet(text):
    pass


def test_the_same_seed_gives_the_same():
    a, b, other = scenes(5, 0), scenes(5, 0), scenes(5, 1)
    assert all((x == y).all() for x, y in zip(a, b, strict=True)) and (a.pictures != other.pictures).any()


def test_boxes_fit_their_shapes():
    """Two pixels off a box there is only ground; within it there is a shape. Guards against x and y changed about."""
    drawn = scenes(40, 3, least=1, most=1)
    contrast = []
    for picture, (x1, y1, x2, y2) in zip(
        drawn.pictures.astype(float), drawn.boxes[:, 0].round().astype(int), strict=True
    ):
        inside = np.zeros((64, 64), bool)
        inside[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = True
        ground = picture[:, ~inside]
        middle = picture[:, (y1 + y2) // 2, (x1 + x2) // 2]
        edge = picture[:, y2 - 3, (x1 + x2) // 2]
        contrast += [np.abs(middle - np.median(ground, 1)).mean(), np.abs(edge - np.median(ground, 1)).mean()]
        assert ground.std(1).max() < 32
    assert min(contrast) > 20


def test_generated_rows():
    data = build(train_rows=16, test_rows=4).builtin()
    assert data.train.inputs.shape == (16, 3, 64, 64) and data.test.targets.shape == (4, 4, 5)
    known = data.train.targets[data.train.targets[..., 4] >= 0]
    assert (known[:, 2:4] > known[:, :2]).all() and known.min() >= 0 and known.max() <= 64


@pytest.fixture
def coco(tmp_path):
    (tmp_path / "images").mkdir()
    for number in range(5):
        Image.fromarray(np.zeros((50, 100, 3), np.uint8)).save(tmp_path / "images" / f"{number}.png")
    notes = {
        "images": [{"id": 7 + number, "file_name": f"{number}.png"} for number in range(5)],
        "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [{"image_id": 8, "category_id": 9, "bbox": [10.0, 20.0, 50.0, 25.0]}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(notes))
    return tmp_path


def test_cocos_boxes_are_scaled_with_their_pictures(coco):
    data = build(size=32).path(coco, quiet)
    assert data.classes == ("cat", "dog")
    assert data.train.targets[1, 0].tolist() == pytest.approx([3.2, 12.8, 19.2, 28.8, 1.0])
    assert (data.train.targets[0] == -1).all()


def test_labels_of_cocos_boxes_are_the_classes_that_are_there(coco):
    data = build(targets="classes", size=32).path(coco, quiet)
    assert data.train.targets.tolist() == [[0, 0], [0, 1], [0, 0], [0, 0]] and data.facts["multi_label"] == 1


def test_captions_are_of_drawn_scenes_only(coco):
    with pytest.raises(DltuiError, match="drawn scenes only"):
        build(targets="captions").path(coco, quiet)


def test_a_picture_outside_the_folder_is_not_read(coco):
    notes = json.loads((coco / "annotations.json").read_text())
    Image.fromarray(np.zeros((5, 5, 3), np.uint8)).save(coco.parent / "secret.png")
    notes["images"][0]["file_name"] = "../secret.png"
    (coco / "annotations.json").write_text(json.dumps(notes))
    with pytest.raises(DltuiError, match="expected the pictures there or in images/, found no"):
        build().path(coco, quiet)


def test_what_is_not_coco_is_told(coco):
    (coco / "annotations.json").write_text('{"images": []}')
    with pytest.raises(DltuiError, match="found no annotations and no categories"):
        build().path(coco, quiet)


def test_annotations_that_are_a_pipe_are_not_waited_for(coco):
    (coco / "annotations.json").unlink()
    os.mkfifo(coco / "annotations.json")
    with pytest.raises(DltuiError, match="found a pipe"):
        build().path(coco, quiet)
