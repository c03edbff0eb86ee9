"""Pictures of many files share one scale, and every broken one is named."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save


def read(folder, size: int = 8):
    return read_pictures(sorted(folder.iterdir()), 1, size, folder, lambda text: None)


def test_32_bits_have_the_white_of_all_pictures_and_it_is_told(tmp_path):
    for name, high in (("dim", 0.25), ("bright", 1.0)):
        Image.fromarray(np.full((8, 8), high, np.float32)).save(tmp_path / f"f_{name}.tif")
    for name, high in (("dim", 13_107), ("bright", 65_535)):
        Image.fromarray(np.full((8, 8), high, np.int32)).save(tmp_path / f"i_{name}.tif")
    inputs, notes = read(tmp_path)
    assert inputs[:, 0, 0, 0].tolist() == [255, 64, 255, 51]  # bright before dim
    assert notes == ("pictures of 32 bits: 1 is white", "pictures of 32 bits: 65,535 is white")


@pytest.mark.parametrize(("high", "white"), [(1, 1), (15, 16), (16, 16)])
@pytest.mark.parametrize("size", [8, 4])
def test_pixels_of_few_shades_are_noticed_and_told(tmp_path, high, white, size):
    save(tmp_path / "a.png", np.full((8, 8), high))
    save(tmp_path / "b.png", np.zeros((8, 8)))
    inputs, notes = read(tmp_path, size)
    assert inputs[:, 0, 0, 0].tolist() == [round(high * 255 / white), 0]
    assert notes == (f"pixels are 0..{high}: {white} is white",)


def test_a_bright_point_that_is_lost_in_the_shrinking_is_no_reason_to_change_the_scale(tmp_path):
    sky = np.zeros((64, 64))
    sky[5, 5] = 255
    inputs, notes = read(save(tmp_path / "sky.png", sky).parent, 4)
    assert inputs.max() <= 16 and notes == ()


@pytest.mark.parametrize(("high", "white"), [(1, 1), (255, 257), (4_000, 4_112)])
def test_pixels_of_few_of_16_bits_are_noticed_too(tmp_path, high, white):
    """Guards a mask, or a picture of 8 bits, that was saved in 16: it was read as black."""
    Image.fromarray(np.full((8, 8), high, np.uint16)).save(tmp_path / "a.png")
    inputs, (note,) = read(tmp_path)
    assert (inputs == round(high / white * 255)).all() and note.endswith("is white")


def test_dark_pictures_are_read_as_they_are_and_told(tmp_path):
    inputs, notes = read(save(tmp_path / "a.png", np.full((8, 8), 60)).parent)
    assert (inputs == 60).all() and "0..60 of 0..255" in notes[0]


def test_every_broken_picture_is_named(tmp_path):
    for name in "abcdef":
        (tmp_path / f"{name}.png").write_bytes(b"<html>")
    with pytest.raises(DltuiError, match=r"a\.png: not a .* Neither can b\.png, c\.png, d\.png and 2 others") as raised:
        read(tmp_path)
    assert raised.value.status == ExitStatus.DATA
