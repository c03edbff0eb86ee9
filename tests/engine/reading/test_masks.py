"""Masks belong to their pictures by name, and turn with them."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading import masks
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save

HALF = np.repeat([[0, 200]], 40, 0).repeat(30, 1).astype(np.uint8)  # (40, 60)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize(("images", "names"), [("image", "label"), ("Images", "Masks"), ("imgs", "segmentation")])
def test_two_folders_of_any_usual_names_are_found(tmp_path, images, names):
    for stem in "ab":
        save(tmp_path / images / f"{stem}.jpg", HALF)
        save(tmp_path / names / f"{stem}_mask.png", HALF)
    save(tmp_path / images / "lonely.png", HALF)
    save(tmp_path / names / "._a.png", HALF)
    found = masks.pairs(tmp_path, "")
    assert [(image.name, mask.name) for image, mask in found.pairs] == [
        ("a.jpg", "a_mask.png"),
        ("b.jpg", "b_mask.png"),
    ]
    assert found.notes == (
        f"passed over: 1 in {images}/ without a mask (lonely.png)",
        "passed over: 1 hidden or system file",
    )


def test_a_mask_turns_with_its_picture(tmp_path):
    image = save(tmp_path / "i.jpg", HALF, exif=turned(6))
    palette = Image.fromarray((HALF > 0).astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "m.png")
    mask = masks.read(image, tmp_path / "m.png")
    assert mask.shape == (60, 40) and not mask[:30].any() and (mask[30:] == 1).all()


def test_a_mask_that_is_upright_or_says_itself_how_it_turns_is_not_turned_twice(tmp_path):
    image = save(tmp_path / "i.jpg", HALF, exif=turned(6))
    upright = np.rot90(HALF, -1)
    assert (masks.read(image, save(tmp_path / "upright.png", upright)) == upright).all()
    assert (masks.read(image, save(tmp_path / "says.png", HALF, exif=turned(6))) == upright).all()


def test_a_mask_of_another_form_is_refused(tmp_path):
    with pytest.raises(DltuiError, match=r"m\.png: .*60 x 40 and 60 x 60 pixels") as raised:
        masks.read(save(tmp_path / "i.png", HALF), save(tmp_path / "m.png", np.zeros((60, 60))))
    assert raised.value.status == ExitStatus.DATA
