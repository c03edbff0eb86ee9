"""The one place where a picture is opened: of a known format, of a size that memory holds, upright."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # no EPS, which would start another program
MODES = {1: "L", 3: "RGB"}
PNG = b"\x89PNG"
MOST_BYTES = 256_000_000  # of a file
MOST_PIXELS = 120_000_000  # telephones take 108 million; in colour that many are half a gigabyte
Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # where a decoder looks at its own


def read_picture(path: Path, channels: int, size: int) -> np.ndarray:
    """Returns the picture of a file as (channels, size, size) uint8. Raises DltuiError, naming the file."""
    return fitted(open_picture(path), channels, size)


def open_picture(path: Path) -> Image.Image:
    """Returns the picture of a file, decoded and upright. Raises DltuiError, naming the file."""
    try:
        data = regular_file.read(path, MOST_BYTES)
    except OSError as error:
        raise DltuiError(f"{path}: {error.strerror}.", "Give a picture: PNG, JPEG ...", ExitStatus.DATA) from None
    return _opened(data, str(path))


def decode(data: bytes, where: str, channels: int, size: int) -> np.ndarray:
    """Returns an encoded picture as (channels, size, size) uint8, resized and its colours changed where needed.

    Raises DltuiError, naming `where`, for what is not a picture.
    """
    return fitted(_opened(data, where), channels, size)


def _opened(data: bytes, where: str) -> Image.Image:
    try:
        # naming the format saves the trying of all others: 60,000 PNGs in 4 s, not in 12
        picture = PngImageFile(BytesIO(data)) if data.startswith(PNG) else Image.open(BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:  # told by the head of the file: nothing is decoded yet
            raise ValueError(f"it has {picture.width:,} x {picture.height:,} pixels, at most {MOST_PIXELS:,} in all")
        picture.load()
        return ImageOps.exif_transpose(picture) if _may_be_turned(picture) else picture
    except MemoryError:
        raise
    except Exception as error:  # each of Pillow's decoders has exceptions of its own
        what = "the file is empty" if not data else str(error).partition("<")[0].strip() or type(error).__name__
        raise DltuiError(
            f"{where}: not a picture that can be read: {what.rstrip('.')}.",
            "Mend the file or take it away.",
            ExitStatus.DATA,
        ) from None


def _may_be_turned(picture: Image.Image) -> bool:
    """Whether the file may say how it is to be turned: asking each small PNG would take as long as decoding it."""
    return picture.format != "PNG" or not {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}.isdisjoint(
        picture.info
    )


def fitted(picture: Image.Image, channels: int, size: int) -> np.ndarray:
    """Returns a picture as (channels, size, size) uint8: on black, stretched where it is not square."""
    mode = MODES[channels]
    if (picture.mode, picture.size) != (mode, (size, size)):
        if picture.mode in ("I", "F", "I;16", "I;16B"):  # more than 8 bits
            depth = np.asarray(picture, np.float32)
            picture = Image.fromarray((depth / max(1.0, depth.max()) * 255).clip(0, 255).astype(np.uint8))
        if picture.has_transparency_data:
            seen = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", seen.size, "black"), seen)
        picture = picture.convert(mode)
        if picture.size != (size, size):
            picture = picture.resize((size, size), Image.Resampling.BILINEAR)  # in Pillow it averages when it shrinks
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(size, size, channels).transpose(2, 0, 1)
