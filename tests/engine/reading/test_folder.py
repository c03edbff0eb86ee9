"""The user's own pictures: of any size and colour, and never a broken one without its name."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading.folder import read_folder, read_picture
from dltui.errors import DltuiError, ExitStatus


def silent(text: str) -> None:
    pass


def save(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path, **options)
    return path


def test_a_picture_of_the_wanted_form_is_its_pixels(tmp_path):
    grey = np.arange(784).reshape(28, 28) % 256
    assert np.array_equal(read_picture(save(tmp_path / "a.png", grey), 1, 28)[0], grey)
    colour = np.arange(3 * 64).reshape(8, 8, 3)
    assert np.array_equal(read_picture(save(tmp_path / "b.bmp", colour), 3, 8), colour.transpose(2, 0, 1))


def test_another_size_is_averaged_and_colour_becomes_grey(tmp_path):
    halves = np.zeros((56, 112, 3), np.uint8)
    halves[:, 56:] = 200
    picture = read_picture(save(tmp_path / "wide.png", halves), 1, 28)
    assert picture.shape == (1, 28, 28)
    assert (picture[0, :, :12] == 0).all() and (picture[0, :, 16:] == 200).all()


def test_a_transparent_ground_is_black(tmp_path):
    ink = np.zeros((28, 28, 4), np.uint8)
    ink[..., :3] = 255
    ink[10:18, 10:18, 3] = 255
    picture = read_picture(save(tmp_path / "t.png", ink), 1, 28)[0]
    assert picture[14, 14] == 255 and picture[0, 0] == 0


def test_sixteen_bits_keep_their_shades(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray((np.arange(784, dtype=np.uint16) * 80).reshape(28, 28)).save(path)
    picture = read_picture(path, 1, 28)[0]
    assert picture.max() == 255 and len(np.unique(picture)) > 200


def test_a_photograph_taken_sideways_stands_upright(tmp_path):
    top_white = np.zeros((28, 28), np.uint8)
    top_white[:14] = 255
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned: the top of the file is the right side
    picture = read_picture(save(tmp_path / "p.jpg", np.stack([top_white] * 3, 2), exif=turned), 1, 28)[0]
    assert picture[:, 20:].mean() > 200 and picture[:, :8].mean() < 50


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "the file is empty"), (b"\x89PNG\r\n\x1a\nhalf", ""), (b"text", "cannot identify")]
)
def test_a_broken_picture_is_named(tmp_path, content, told):
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(DltuiError, match=rf"broken\.png: not a picture that can be read: {told}") as raised:
        read_picture(path, 1, 28)
    assert raised.value.status == ExitStatus.DATA


def test_a_picture_cut_in_the_middle_is_named(tmp_path):
    path = save(tmp_path / "cut.jpg", np.random.default_rng(0).integers(0, 255, (64, 64, 3)))
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(DltuiError, match=r"cut\.jpg: not a picture that can be read"):
        read_picture(path, 1, 28)


def test_class_folders_are_read_sorted_and_other_files_passed_over(tmp_path):
    for name, shade in (("cat", 10), ("dog", 20)):
        for number in (1, 2):
            save(tmp_path / name / "deeper" / f"{number}.png", np.full((28, 28), shade + number))
        (tmp_path / name / "notes.txt").write_text("x")
    (tmp_path / ".hidden").mkdir()
    inputs, labels = read_folder(tmp_path, 1, 28, silent)
    assert labels == ["cat", "cat", "dog", "dog"]
    assert inputs[:, 0, 0, 0].tolist() == [11, 12, 21, 22]


def test_no_class_folders_and_an_empty_one_are_told(tmp_path):
    with pytest.raises(DltuiError, match="expected a folder for each class with its pictures, found nothing"):
        read_folder(tmp_path, 1, 28, silent)
    save(tmp_path / "a.png", np.zeros((28, 28)))
    with pytest.raises(DltuiError, match=r"found 1 entries: a\.png"):
        read_folder(tmp_path, 1, 28, silent)
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "readme.md").write_text("x")
    with pytest.raises(DltuiError, match=r"cat: expected pictures \(\.png .*found 1 entries: readme\.md"):
        read_folder(tmp_path, 1, 28, silent)
