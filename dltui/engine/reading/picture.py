"""The one place where a picture is opened: of a known format, of a size that memory holds, upright."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from dltui import regular_file
from dltui.engine.reading.pointer import pointer_in
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm",
)  # fmt: skip
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # no EPS, which would start another program
ORIENTATION = 0x0112  # EXIF's
MODES = {1: "L", 3: "RGB"}
# how much is white, where the format says it; a TIFF of 32 bits does not
WHITE = {"I;16": 65_535, "I;16L": 65_535, "I;16B": 65_535, "I;16N": 65_535}
DEPTHS = {"I": (255, 65_535, 2**31 - 1), "F": (1, 255, 65_535)}  # what is white where it does not
UNSEEN = 48  # a shade that is hardly told from black
PNG = b"\x89PNG"
MOST_BYTES = 256_000_000  # of a file
MOST_PIXELS = 120_000_000  # telephones take 108 million; in colour that many are half a gigabyte
Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # where a decoder looks at its own


class Upright(NamedTuple):
    """A picture, and how its file told to turn it: a name of EXIF's orientation, 1 for not at all."""

    picture: Image.Image
    orientation: int


class Form(NamedTuple):
    """Width and height of a picture as they stand in its file, how that tells to turn it, and Pillow's mode."""

    size: tuple[int, int]
    orientation: int
    mode: str


def form_of(path: Path) -> Form:
    """Returns the form of a picture by the head of its file. Raises DltuiError, naming the file."""
    try:
        with regular_file.opened(path, MOST_BYTES) as file, Image.open(file, formats=FORMATS) as picture:
            return Form(picture.size, picture.getexif().get(ORIENTATION, 1), picture.mode)
    except MemoryError:
        raise
    except Exception as error:  # each of Pillow's readers has exceptions of its own
        raise _not_read(str(path), error) from None


def read_picture(path: Path, channels: int, size: int) -> np.ndarray:
    """Returns the picture of a file as (channels, size, size) uint8. Raises DltuiError, naming the file."""
    return fitted(open_picture(path), channels, size, where=str(path))


def open_picture(path: Path) -> Image.Image:
    """Returns the picture of a file, decoded and upright. Raises DltuiError, naming the file."""
    return open_upright(path).picture


def open_upright(path: Path) -> Upright:
    """Returns the picture of a file, decoded and upright, and how it was turned. Raises DltuiError, naming the file."""
    try:
        data = regular_file.read(path, MOST_BYTES)
    except OSError as error:
        raise DltuiError(f"{path}: {error.strerror}.", "Give a picture: PNG, JPEG ...", ExitStatus.DATA) from None
    return _opened(data, str(path))


def decode(data: bytes, where: str, channels: int, size: int) -> np.ndarray:
    """Returns an encoded picture as (channels, size, size) uint8, resized and its colours changed where needed.

    Raises DltuiError, naming `where`, for what is not a picture.
    """
    return fitted(_opened(data, where).picture, channels, size, where=where)


def _opened(data: bytes, where: str) -> Upright:
    try:
        # naming the format saves the trying of all others: 60,000 PNGs in 4 s, not in 12
        picture = PngImageFile(BytesIO(data)) if data.startswith(PNG) else Image.open(BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:  # told by the head of the file: nothing is decoded yet
            raise ValueError(f"it has {picture.width:,} x {picture.height:,} pixels, at most {MOST_PIXELS:,} in all")
        picture.load()
        if picture.mode == "I" and picture.format != "TIFF":  # of 16 bits: only a TIFF has 32
            return Upright(Image.fromarray(np.asarray(picture).astype(np.uint16)), 1)
        if not _may_be_turned(picture):
            return Upright(picture, 1)
        return Upright(ImageOps.exif_transpose(picture), picture.getexif().get(ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception as error:  # each of Pillow's decoders has exceptions of its own
        what = pointer_in(data) if data else "the file is empty"
        raise _not_read(where, ValueError(what) if what else error) from None


def _not_read(where: str, error: Exception) -> DltuiError:
    what = getattr(error, "strerror", None) or str(error).partition("<")[0].strip() or type(error).__name__
    message = f"{where}: not a picture that can be read: {what.rstrip('.')}."
    return DltuiError(message, "Mend the file or take it away.", ExitStatus.DATA)


def _may_be_turned(picture: Image.Image) -> bool:
    """Whether the file may say how it is to be turned: asking each small PNG would take as long as decoding it."""
    return picture.format != "PNG" or not {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}.isdisjoint(
        picture.info
    )


def fitted(picture: Image.Image, channels: int, size: int, *, white: float = 0, where: str = "") -> np.ndarray:
    """Returns a picture as (channels, size, size) uint8, stretched where it is not square; what is transparent is
    black, or white where nothing would be seen on black.

    white: which number of the picture is white, of 0..255 where it has 8 or 16 bits; 0: the format says it, and of 32
    bits the least depth that holds it.
    where: how an error names it. Raises DltuiError (4) where a pixel is no number, or is below 0.
    """
    mode = MODES[channels]
    if picture.mode in WHITE or picture.mode in DEPTHS:
        picture = Image.fromarray((brightness(picture, white, where) + 0.5).astype(np.uint8))
        white = 0
    if (picture.mode, picture.size) != (mode, (size, size)) or picture.has_transparency_data or white:
        picture = opaque(picture).convert(mode)
        if white and white < 255:
            picture = picture.point([min(255, round(value * 255 / white)) for value in range(256)] * channels)
        if picture.size != (size, size):
            picture = picture.resize((size, size), Image.Resampling.BILINEAR)  # in Pillow it averages when it shrinks
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(size, size, channels).transpose(2, 0, 1)


def opaque(picture: Image.Image) -> Image.Image:
    """Returns a picture without transparency: on black, and on white where nothing of it would be seen on black."""
    if not picture.has_transparency_data:
        return picture
    seen = picture.convert("RGBA")
    on_black = Image.alpha_composite(Image.new("RGBA", seen.size, "black"), seen)
    if on_black.convert("L").getextrema()[1] >= UNSEEN:
        return on_black
    on_white = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    darkest, lightest = on_white.convert("L").getextrema()
    return on_white if lightest - darkest >= UNSEEN else on_black


def brightness(picture: Image.Image, white: float, where: str, longest: int = 0) -> np.ndarray:
    """Returns the shades of a picture of any depth, (H, W) in 0..255, and not rounded where it has more of them.

    longest: pixels to which its longer side is shrunk where it has more; 0: as it is. Else as `fitted`.
    """
    if picture.mode in WHITE:
        limit = WHITE[picture.mode] * (white or 255) / 255
    elif picture.mode in DEPTHS:
        limit = white or white_of({picture.mode: brightest(picture, where)})[picture.mode]
    else:
        picture, limit = opaque(picture).convert("L"), white or 255
    if longest and max(picture.size) > longest:
        if picture.mode != "L":
            picture = Image.fromarray(np.asarray(picture, np.float32))
        scale = longest / max(picture.size)
        small = [max(1, round(scale * side)) for side in picture.size]
        picture = picture.resize(small, Image.Resampling.BILINEAR)
    return (np.asarray(picture, np.float64) / limit * 255).clip(0, 255)


def brightest(picture: Image.Image, where: str) -> float:
    """Returns the largest number of a picture of 32 bits. Raises DltuiError (4) for NaN, infinity and below 0."""
    values = np.asarray(picture, np.float64)
    if not np.isfinite(values).all():
        raise DltuiError(f"{where}: NaN or infinity among its pixels.", "Put numbers in their place.", ExitStatus.DATA)
    if values.min() < 0:
        what = f"pixels from {values.min():g} to {values.max():g}, and 0 is black"
    elif values.max() > DEPTHS[picture.mode][-1]:
        what = f"pixels up to {values.max():g}"
    else:
        return float(values.max())
    known = ", ".join(f"0..{depth:,}" for depth in DEPTHS[picture.mode])
    raise DltuiError(f"{where}: {what}.", f"Scale its pixels: {known} are understood.", ExitStatus.DATA)


def white_of(largest: Mapping[str, float]) -> dict[str, float]:
    """Returns which number is white in pictures of 32 bits, {mode: number}: the least depth that holds them all.

    largest: the brightest pixel of all pictures of a mode.
    """
    return {mode: next(depth for depth in DEPTHS[mode] if high <= depth) for mode, high in largest.items()}


def suffix_of(data: bytes) -> str:
    """Returns the end of a file's name for an encoded picture: .jpg or .png; what reads it looks at the bytes."""
    return ".jpg" if data.startswith(b"\xff\xd8") else ".png"
