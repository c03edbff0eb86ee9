"""Scenes with class masks: drawn ones, and those of a folder of pictures and masks of several classes."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation

from dltui.engine.data.scene_masks import build
from dltui.engine.generators.scene_masks import THINGS, lines, placed, shored, things
from dltui.engine.metrics.segmentation import things_of
from dltui.errors import DltuiError, ExitStatus


def quiet(text):
    pass


def test_the_same_seed_gives_the_same():
    drawn, again, other = things(4, 0, 40), things(4, 0, 40), things(4, 1, 40)
    assert all((a == b).all() for a, b in zip(drawn, again, strict=True)) and (drawn[0] != other[0]).any()


def test_there_are_large_and_small_things_of_each_shape_and_walls():
    pictures, labels = things(100, 0, 40)
    assert pictures.shape == (100, 3, 40, 40) and set(np.unique(labels)) == set(range(len(THINGS)))
    found = things_of(labels)
    kinds = {(thing.number, thing.small) for thing in found}
    assert kinds >= {(number, small) for number in (2, 3) for small in (False, True)}
    assert 0.03 < (labels == 1).mean() < 0.1  # walls
    large, small = (sum(thing.small == of for thing in found) for of in (False, True))
    assert large >= 80 and small >= 200


def test_colours_do_not_tell_the_shapes():
    """Guards against a net that needs no outline: discs and squares have the same mean colour."""
    pictures, labels = things(400, 0, 40)
    means = [[pictures[:, channel][labels == number].mean() for channel in range(3)] for number in (2, 3)]
    assert np.abs(np.subtract(*means)).max() < 8


def test_generated_rows():
    data = build(train_rows=12, test_rows=4).builtin()
    assert data.train.inputs.shape == (12, 3, 40, 40) and data.test.targets.shape == (4, 40, 40)
    assert data.facts == {"channels": 3, "size": 40, "inputs": 4800, "classes": 4}


def folder(path, masks, mode="L", size=(48, 32)):
    for part in ("image", "label"):
        (path / part).mkdir()
    for number, mask in enumerate(masks):
        Image.fromarray(np.full((*size[::-1], 3), 40 * number, np.uint8)).save(path / "image" / f"{number}.png")
        Image.fromarray(mask, mode).resize(size, Image.Resampling.NEAREST).save(path / "label" / f"{number}.png")
    return path


def test_each_number_of_a_mask_is_a_class(tmp_path):
    """Guards against numbers taken for classes as they are: 0, 7 and 200 are three classes, not 201."""
    masks = [np.array([[0, 7], [200, 0]], np.uint8)] * 4 + [np.array([[0, 0], [200, 200]], np.uint8)]
    data = build(size=32).path(folder(tmp_path, masks), quiet)
    assert data.classes == ("0", "7", "200") and data.train.inputs.shape == (4, 3, 32, 32)
    assert data.train.targets[0, ::16, ::16].tolist() == [[0, 1], [2, 0]]
    assert data.test.targets[:, ::16, ::16].tolist() == [[[0, 0], [2, 2]]] and (data.test.inputs == 160).all()
    assert data.notes[-1] == "classes are the masks' values 0, 7, 200; the first is the ground"


def test_each_colour_of_a_mask_is_a_class(tmp_path):
    """Guards against pure red and pure green read as one, the brightest of their channels."""
    mask = np.zeros((2, 2, 3), np.uint8)
    mask[0, 1, 0] = mask[1, 0, 1] = 255
    data = build(size=32).path(folder(tmp_path, [mask] * 5, "RGB"), quiet)
    assert data.classes == ("0", "#00ff00", "#ff0000")
    assert data.train.targets[0, ::16, ::16].tolist() == [[0, 2], [1, 0]]


def test_a_photograph_is_no_mask(tmp_path):
    mask = np.arange(256, dtype=np.uint8).reshape(16, 16)
    with pytest.raises(DltuiError, match="expected 2 to 64 numbers or colours in all masks, found 256") as error:
        build().path(folder(tmp_path, [mask] * 3, size=(16, 16)), quiet)
    assert error.value.status == ExitStatus.DATA


def test_a_line_is_faint_a_pixel_wide_and_rare():
    """Guards against lines that a threshold finds: noise and specks are as dark."""
    pictures, labels = lines(50, 0, 32)
    assert pictures.shape == (50, 1, 32, 32) and 0.02 < (labels == 1).mean() < 0.05
    assert not things_of(labels)  # nowhere three pixels thick
    line = labels == 1
    scores = [((pictures[:, 0] < of) & line).sum() / ((pictures[:, 0] < of) | line).sum() for of in range(40, 180, 10)]
    assert max(scores) < 0.3


def test_the_ground_of_the_whole_picture_decides_what_a_disc_is_and_near_it_hardly_does():
    """Guards against a class that a small receptive field reads off, and against one that nothing decides."""
    pictures, labels = placed(200, 0, 40)
    assert ((labels == 1).any((1, 2)) != (labels == 2).any((1, 2))).all()  # one class a picture
    land = (labels == 2).any((1, 2))
    green = pictures[:, 1].astype(int) > pictures[:, 2]
    ground = labels == 0
    shares = np.array([green[row][ground[row]].mean() for row in range(200)])
    assert ((shares > 0.5) == land).mean() > 0.97 and 0.4 < land.mean() < 0.6
    near = np.array(
        [green[row][binary_dilation(~ground[row], iterations=3) & ground[row]].mean() for row in range(200)]
    )
    assert ((near > 0.5) == land).mean() < 0.9


@pytest.mark.parametrize(("value", "told"), [(0.35, "expected whole numbers as classes, found 0.35"),
                                             (np.nan, "expected finite numbers")])  # fmt: skip
def test_a_mask_of_fractions_is_refused(tmp_path, value, told):
    """Guards classes that were cut to whole numbers, and NaN that became a class of its own."""
    for inside in ("image", "label"):
        (tmp_path / inside).mkdir()
    for number in range(4):
        Image.new("RGB", (30, 30)).save(tmp_path / "image" / f"{number}.png")
        Image.fromarray(np.full((30, 30), value if number else 1.0, np.float32)).save(
            tmp_path / "label" / f"{number}.tiff"
        )
    with pytest.raises(DltuiError, match=rf"label/1\.tiff.*{told}"):
        build().path(tmp_path, lambda text: None)


def test_sand_says_nothing_of_its_shore_and_the_shore_everything():
    pictures, labels = shored(200, 0, 44)
    assert ((labels == 1).any((1, 2)) ^ (labels == 2).any((1, 2))).all()  # one disc, of one class
    inside = [pictures.transpose(0, 2, 3, 1)[labels == number].mean(0) for number in (1, 2)]
    assert np.abs(np.subtract(*inside)).max() < 8
    around = np.array([picture[:, label == 0].mean(1) for picture, label in zip(pictures, labels, strict=True)])
    grassy = around[:, 1] > around[:, 2]  # more green than blue
    assert (grassy == (labels == 2).any((1, 2))).mean() > 0.99
