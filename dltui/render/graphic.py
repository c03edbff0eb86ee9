"""Pictures in pixels, for terminals that can show them: what the sixel and Kitty protocols are given to send."""

from pathlib import Path

import numpy as np
from PIL import Image

from dltui.render import frames

SHARP = 512  # pixels that the shorter side has at least: whole multiples, or the terminal would blur small pictures


def picture(event: dict, frames_dir: Path) -> Image.Image | None:
    """Returns the picture of a `frame` event, enlarged; None where it is none, has words in it, or cannot be read.

    Captions say what a montage means: such a picture is drawn in cells, where words can be read.
    """
    try:
        payload = event["payload"]
        if payload.get("type") != "image" or any(payload.get("captions") or ()):
            return None
        pixels = np.asarray(frames.resolve(payload, frames_dir)["pixels"])
    except (OSError, ValueError, KeyError):
        return None  # what is wrong with it is told by the picture in cells
    times = max(1, -(-SHARP // max(1, min(pixels.shape[:2]))))
    return Image.fromarray(pixels.repeat(times, 0).repeat(times, 1))


def cells(size: tuple[int, int], room: tuple[int, int], cell: tuple[int, int]) -> tuple[int, int]:
    """Returns the (columns, rows) in which a picture of `size` pixels is largest within `room`; cell: its pixels."""
    scale = min(room[0] * cell[0] / size[0], room[1] * cell[1] / size[1])
    return max(1, int(size[0] * scale / cell[0])), max(1, int(size[1] * scale / cell[1]))
