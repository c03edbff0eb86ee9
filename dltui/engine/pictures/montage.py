"""Pictures side by side as one: the payload `image`."""

import math

import numpy as np
import torch
from torch import Tensor


def montage(
    pictures: Tensor,
    *,
    columns: int = 0,
    row_titles: list[str] | None = None,
    captions: list[str] | None = None,
    title: str = "",
    least: int = 0,
) -> dict:
    """Returns the payload of pictures (N, C, H, W): float in 0..1, or uint8; C is 1 or 3, else their mean is shown.

    columns: pictures in a row; 0 makes the montage about square. Missing cells are black. row_titles: what each row
    holds of the same things, as given and rebuilt: the viewer keeps such together. least: points of the terminal that a
    picture must have where not all have room; 0 where it is to be read like a digit.
    """
    pictures = viewable(pictures)
    count, channels, height, width = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    if pictures.dtype != torch.uint8:
        pictures = (pictures.float().clamp(0, 1) * 255).round().to(torch.uint8)
    cells = torch.zeros(rows * columns, channels, height, width, dtype=torch.uint8)
    cells[:count] = pictures.cpu()
    sheet = cells.view(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2)  # (rows, H, columns, W, C)
    pixels = sheet.reshape(rows * height, columns * width, channels).numpy()
    payload: dict[str, object] = {"type": "image", "pixels": _grey_or_rgb(pixels), "rows": rows, "columns": columns}
    if row_titles:
        payload["row_titles"] = row_titles
    if captions:
        payload["captions"] = captions
    if title:
        payload["title"] = title
    if least:
        payload["least"] = least
    return payload


def viewable(pictures: Tensor) -> Tensor:
    """Returns pictures (N, C, H, W) as they are with C of 1 or 3; of others, such as the frames of a film, their mean
    (N, 1, H, W), in 0..1."""
    if pictures.shape[1] in (1, 3):
        return pictures
    return pictures.float().mean(1, keepdim=True) / (255 if pictures.dtype == torch.uint8 else 1)


def _grey_or_rgb(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
