"""Pairs of pictures in two folders: they keep together, in tiles too, and what is wrong is told."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading.kind_of import candidates
from dltui.engine.reading.target_pictures import Wanted, cut, read
from dltui.errors import DltuiError, ExitStatus


def quiet(text):
    pass


def save(folder, name, pixels):
    folder.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(folder / name)


def test_targets_stay_with_their_pictures(tmp_path):
    for number in range(6):
        save(tmp_path / "image", f"{number}.png", np.full((16, 16), 20 * number + 100, np.uint8))
        save(tmp_path / "target", f"{number}.png", np.full((16, 16, 3), 20 * number, np.uint8))
    data = read(tmp_path, Wanted(1, 3, 8, 2), quiet)
    assert data.train.inputs.shape == (20, 1, 8, 8) and data.test.targets.shape == (4, 3, 8, 8)
    for split in (data.train, data.test):
        assert (split.inputs.int() == split.targets.int() + 100).all()
    assert data.facts["target_channels"] == 3 and data.facts["channels"] == 1
    assert data.test.targets.unique().tolist() == [100]  # the last picture, of which no tile is trained on


def test_a_folder_with_targets_is_taken_for_pages_and_one_with_masks_is_not(tmp_path):
    for part in ("image", "clean"):
        (tmp_path / part).mkdir()
    assert candidates(tmp_path) == (("pages", {}),)
    (tmp_path / "masks").mkdir()
    assert candidates(tmp_path) == (("cells", {}),)


def test_tiles_are_those_of_the_picture_row_by_row():
    pictures = np.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    tiles = cut(pictures, 2)
    assert tiles.shape == (8, 3, 2, 3)
    assert np.array_equal(tiles[5], pictures[1, :, :2, 3:]) and np.array_equal(tiles[2], pictures[0, :, 2:, :3])


def test_a_folder_without_targets_is_told(tmp_path):
    save(tmp_path / "image", "1.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(DltuiError, match="expected image/ and target/, found image/") as error:
        read(tmp_path, Wanted(1, 1, 8, 1), quiet)
    assert error.value.status == ExitStatus.DATA


def test_a_target_of_another_form_is_named(tmp_path):
    for number, sides in enumerate(((8, 8), (8, 12))):
        save(tmp_path / "image", f"{number}.png", np.zeros((8, 8), np.uint8))
        save(tmp_path / "clean", f"{number}.png", np.zeros(sides, np.uint8))
    with pytest.raises(DltuiError, match=r"1\.png: expected a target of the form of its picture, found 8 x 8 and 12"):
        read(tmp_path, Wanted(1, 1, 8, 1), quiet)
