"""A picture of any size and colour is read as wanted; one that is broken, or too large, is named and never decoded."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dltui.engine.reading import picture
from dltui.engine.reading.picture import form_of, open_upright, read_picture
from dltui.errors import DltuiError, ExitStatus


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


def test_what_is_black_on_a_transparent_ground_is_seen(tmp_path):
    """Guards a drawing in black ink: on black nothing of it was left."""
    ink = np.zeros((28, 28, 4), np.uint8)
    ink[10:18, 10:18, 3] = 255
    picture = read_picture(save(tmp_path / "t.png", ink), 1, 28)[0]
    assert picture[14, 14] == 0 and picture[0, 0] == 255
    ink[..., 3] = 0
    assert not read_picture(save(tmp_path / "nothing.png", ink), 1, 28).any()


def test_sixteen_bits_keep_their_shades(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray((np.arange(784, dtype=np.uint16) * 80).reshape(28, 28)).save(path)
    picture = read_picture(path, 1, 28)[0]
    assert picture.max() == round(783 * 80 / 257) and len(np.unique(picture)) > 200


def test_what_is_white_is_said_by_the_format_and_not_by_the_brightest_pixel(tmp_path):
    """Guards a dim picture of 16 bits beside a bright one: each was stretched by itself."""
    for name, most in (("dim", 9_000), ("bright", 60_000)):
        Image.fromarray(np.full((28, 28), most, np.uint16)).save(tmp_path / f"{name}.png")
        Image.fromarray(np.full((28, 28), most, np.uint16)).save(tmp_path / f"{name}.tif")
        assert {int(read_picture(tmp_path / f"{name}.{end}", 1, 28).max()) for end in ("png", "tif")} == {most // 257}
    (tmp_path / "deep.pgm").write_bytes(b"P5 2 2 65535\n" + bytes([128, 0] * 4))
    assert (read_picture(tmp_path / "deep.pgm", 1, 2) == 128).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
@pytest.mark.parametrize("size", [28, 14])
def test_transparency_is_honoured_whatever_size_and_mode_a_picture_has(tmp_path, mode, size):
    """Guards the short way for pictures that need no change: a colour named as transparent stayed."""
    pixels = np.full((size, size), 255, np.uint8)
    pixels[: size // 2] = 90
    saved = Image.fromarray(pixels).convert(mode)
    see_through = saved.getpixel((0, 0))
    saved.save(tmp_path / "t.png", transparency=see_through)
    for channels in (1, 3):
        read = read_picture(tmp_path / "t.png", channels, 28)
        assert (read[:, :12] == 0).all() and (read[:, 16:] == 255).all()


@pytest.mark.parametrize(
    ("pixels", "told"),
    [([0, np.nan], "NaN"), ([0, np.inf], "infinity"), ([-1, 1], "from -1 to 1"), ([0, 1e9], "up to")],
)
def test_numbers_that_are_no_pixels_are_refused(tmp_path, pixels, told):
    Image.fromarray(np.tile(np.float32(pixels), (4, 2))).save(tmp_path / "f.tif")
    with pytest.raises(DltuiError, match=rf"f\.tif: .*{told}") as raised:
        read_picture(tmp_path / "f.tif", 1, 4)
    assert raised.value.status == ExitStatus.DATA


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_form_of_a_file_is_told_without_decoding_it(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / "p.jpg", np.zeros((20, 30, 3)), exif=exif)
    assert form_of(tmp_path / "p.jpg") == ((30, 20), orientation, "RGB")
    assert open_upright(tmp_path / "p.jpg").orientation == orientation


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


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_small_grey_picture_stands_upright_too(tmp_path, suffix):
    top_white = np.zeros((28, 28), np.uint8)
    top_white[:14] = 255
    turned = Image.Exif()
    turned[0x0112] = 6
    picture = read_picture(save(tmp_path / f"p.{suffix}", top_white, exif=turned), 1, 28)[0]
    assert picture[:, 20:].mean() > 200 and picture[:, :8].mean() < 50


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes whose head promises that many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


@pytest.mark.parametrize(
    "data", [bomb(40_000, 40_000), bomb(12_000, 11_000), bomb(1, 2**30), bmp(12_000, 11_000), bmp(60_000, 60_000)]
)
def test_a_picture_larger_than_memory_is_refused_by_its_head(tmp_path, data, monkeypatch):
    path = tmp_path / "bomb.png"
    path.write_bytes(data)
    monkeypatch.setattr(Image.Image, "load", None)
    with pytest.raises(DltuiError, match=r"bomb\.png: not a picture that can be read: .*pixels") as raised:
        read_picture(path, 1, 28)
    assert raised.value.status == ExitStatus.DATA


def test_no_other_program_is_started_for_a_picture(tmp_path, monkeypatch):
    """Pillow hands EPS to Ghostscript."""
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n")
    monkeypatch.setattr("subprocess.check_call", None)
    with pytest.raises(DltuiError, match="cannot identify"):
        read_picture(path, 1, 28)


@pytest.mark.parametrize("what", ["pipe", "endless", "folder", "proc", "large"])
def test_only_a_file_that_a_picture_can_be_is_opened(tmp_path, monkeypatch, what):
    path = tmp_path / "a.png"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "large":
        monkeypatch.setattr(picture, "MOST_BYTES", 10)
        path.write_bytes(bytes(11))
    else:
        path.symlink_to({"endless": "/dev/zero", "proc": "/proc/self/status"}[what])
    told = {"pipe": "found a pipe", "endless": "found a device", "folder": "found a folder", "proc": "is empty",
            "large": "at most"}  # fmt: skip
    with pytest.raises(DltuiError, match=rf"a\.png: .*{told[what]}") as raised:
        read_picture(path, 1, 28)
    assert raised.value.status == ExitStatus.DATA
