"""Cells: generated ones that light alone does not tell, and those of a folder of pictures and labels."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.data.cells import build, cells
from dltui.engine.metrics.borders import border_iou, count_regions
from dltui.errors import DltuiError, ExitStatus


def quiet(text):
    pass


def test_the_same_seed_gives_the_same():
    drawn, again, other = cells(4, 0), cells(4, 0), cells(4, 1)
    assert all((a == b).all() for a, b in zip(drawn, again, strict=True)) and (drawn[0] != other[0]).any()


def test_light_alone_does_not_tell_a_wall():
    """A threshold, the best one there is, stays far below the claim of 0.7: faint walls, specks and uneven light."""
    pictures, walls = cells(30, 0, size=48)
    scores = [border_iou(pictures[:, 0] < threshold, walls) for threshold in range(60, 200, 10)]
    assert 0.4 < max(scores) < 0.6


def test_generated_pictures_and_walls():
    data = build(rows=10).builtin()
    assert data.train.inputs.shape == (8, 1, 64, 64) and data.test.targets.shape == (2, 64, 64)
    assert set(data.train.targets.unique().tolist()) == {0, 1}
    assert data.facts == {"channels": 1, "size": 64, "inputs": 64 * 64, "classes": 2}


def test_a_folder_is_cut_into_tiles_and_its_pictures_are_not_mixed(tmp_path):
    """Guards against labels that lie beside their pictures, and tiles of one picture on both sides."""
    for part in ("image", "label"):
        (tmp_path / part).mkdir()
    for number in range(5):
        pixels = np.full((64, 64), 40 * number + 20, np.uint8)
        pixels[:32, 32:] = 0  # the second tile is black: a wall all over
        Image.fromarray(pixels).save(tmp_path / "image" / f"{number}.png")
        Image.fromarray(pixels).save(tmp_path / "label" / f"{number}.png")
    data = build(size=32).path(tmp_path, quiet)
    assert data.train.inputs.shape == (16, 1, 32, 32) and data.test.inputs.shape == (4, 1, 32, 32)
    assert ((data.train.inputs[:, 0] == 0) == (data.train.targets == 1)).all()
    assert data.test.targets.float().mean((1, 2)).tolist() == [0, 1, 0, 0]
    assert set(data.test.inputs.unique().tolist()) == {0, 180}


def test_test_pictures_may_stay_whole(tmp_path):
    """Guards against a whole picture put beside another's walls, and against training pictures that change with it."""
    data, cut = build(rows=40, whole=True).builtin(), build(rows=40).builtin()
    assert data.test.inputs.shape == (2, 1, 128, 128) and data.test.targets.shape == (2, 128, 128)
    assert (data.train.inputs == cut.train.inputs).all()
    for part in ("image", "label"):
        (tmp_path / part).mkdir()
    for number in range(5):
        pixels = np.full((64, 64), 40 * number + 20, np.uint8)
        pixels[:32, 32:] = 0
        Image.fromarray(pixels).save(tmp_path / "image" / f"{number}.png")
        Image.fromarray(pixels).save(tmp_path / "label" / f"{number}.png")
    data = build(size=32, whole=True).path(tmp_path, quiet)
    assert data.train.inputs.shape == (16, 1, 32, 32) and data.test.inputs.shape == (1, 1, 64, 64)
    assert ((data.test.inputs[:, 0] == 0) == (data.test.targets == 1)).all()


def test_a_label_that_is_missing_is_told(tmp_path):
    (tmp_path / "image").mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "image" / "a.png")
    with pytest.raises(DltuiError, match="expected images/ and masks/, found image/") as error:
        build().path(tmp_path, quiet)
    assert error.value.status == ExitStatus.DATA


@pytest.mark.parametrize("kind", ["numbers", "deep", "transparent"])
def test_thin_walls_are_still_walls_when_a_label_is_made_smaller(tmp_path, kind):
    """Guards against 0 looked for after the resizing: a wall of a pixel had become dark cell, and cells had joined."""
    for part in ("image", "label"):
        (tmp_path / part).mkdir()
    label = np.arange(1, 17, dtype=np.uint16).reshape(4, 4).repeat(13, 0).repeat(13, 1)  # each cell its number
    label[12::13] = label[:, 12::13] = 0
    if kind == "deep":
        label[label > 0] += 3000
    saved = Image.fromarray(label if kind == "deep" else label.astype(np.uint8))
    for number in range(2):
        (saved if kind != "transparent" else saved.convert("RGBA")).save(tmp_path / "label" / f"{number}.png")
        Image.fromarray(np.zeros((52, 52), np.uint8)).save(tmp_path / "image" / f"{number}.png")
    data = build(size=48).path(tmp_path, quiet)
    walls = data.test.targets.numpy()
    assert count_regions(walls[0]) == 16 and walls.mean() == pytest.approx((label == 0).mean(), rel=0.2)


def test_a_broken_label_is_named(tmp_path):
    for part in ("image", "label"):
        (tmp_path / part).mkdir()
        for number in range(2):
            Image.fromarray(np.zeros((48, 48), np.uint8)).save(tmp_path / part / f"{number}.png")
    (tmp_path / "label" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DltuiError, match=r"1\.png: not a picture") as error:
        build().path(tmp_path, quiet)
    assert error.value.status == ExitStatus.DATA


def test_masks_turn_with_their_pictures_and_what_is_a_wall_is_told(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.full((64, 96), 200, np.uint8)
    pixels[:20] = 0
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    for number in range(5):
        Image.fromarray(pixels).save(tmp_path / "images" / f"{number}.jpg", exif=exif, quality=95)
        Image.fromarray(np.sign(pixels), "P").save(tmp_path / "masks" / f"{number}.png")
    data = build(size=64).path(tmp_path, quiet)
    assert (((data.train.inputs[:, 0] < 100) == (data.train.targets == 1)).float().mean()) > 0.97
    assert data.notes == ("walls are what is 0 in masks/: 31% of it",)


def test_masks_without_a_wall_are_refused(tmp_path):
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
        for number in range(2):
            Image.fromarray(np.full((48, 48), 7, np.uint8)).save(tmp_path / part / f"{number}.png")
    with pytest.raises(DltuiError, match="expected 0 for walls in the labels, found none"):
        build().path(tmp_path, quiet)
