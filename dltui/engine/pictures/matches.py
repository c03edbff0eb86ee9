"""Key points in a picture, and lines between those of two pictures that were taken for the same."""

import numpy as np
import torch

from dltui.engine.pictures.montage import montage

RIGHT, WRONG, POINT = (0.2, 1.0, 0.35), (1.0, 0.2, 0.25), (1.0, 0.85, 0.1)
GAP = 4  # columns between two pictures
DIM = 0.75  # of the light of a picture that lines lie on


def joined(
    pictures: tuple[np.ndarray, np.ndarray], ends: np.ndarray, right: np.ndarray, title: str, caption: str
) -> dict:
    """Two pictures (3, H, W) side by side; ends (M, 2, 2) x and y of each match in the first and in the second; right
    (M,) bool: its colour."""
    height, width = pictures[0].shape[1:]
    sheet = np.concatenate([DIM * pictures[0], np.zeros((3, height, GAP)), DIM * pictures[1]], 2)
    for (start, end), good in sorted(zip(ends.tolist(), right.tolist(), strict=True), key=lambda match: match[1]):
        _line(sheet, start, [end[0] + width + GAP, end[1]], RIGHT if good else WRONG)
    return _payload(sheet, title, caption)


def marked(
    picture: np.ndarray, x: np.ndarray, y: np.ndarray, radius: np.ndarray, angle: np.ndarray, title: str
) -> dict:
    """A picture (3, H, W) with a circle for each point (K,), and a line from its middle in its direction."""
    sheet = DIM * picture
    for point in zip(x, y, radius, angle, strict=True):
        x0, y0, r, turn = map(float, point)
        around = np.linspace(0, 2 * np.pi, max(12, int(6 * r)), endpoint=False)
        _dots(sheet, x0 + r * np.cos(around), y0 + r * np.sin(around), POINT)
        _line(sheet, [x0, y0], [x0 + r * np.cos(turn), y0 + r * np.sin(turn)], POINT)
    return _payload(sheet, title, f"{len(x)} key points; a circle's radius is 3 sigma")


def _line(sheet: np.ndarray, start: list[float], end: list[float], colour: tuple[float, ...]) -> None:
    share = np.linspace(0, 1, 1 + int(2 * max(abs(start[0] - end[0]), abs(start[1] - end[1]))))
    _dots(sheet, start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]), colour)


def _dots(sheet: np.ndarray, x: np.ndarray, y: np.ndarray, colour: tuple[float, ...]) -> None:
    column, row = x.round().astype(int), y.round().astype(int)
    inside = (column >= 0) & (column < sheet.shape[2]) & (row >= 0) & (row < sheet.shape[1])
    sheet[:, row[inside], column[inside]] = np.array(colour)[:, None]


def _payload(sheet: np.ndarray, title: str, caption: str) -> dict:
    return montage(torch.from_numpy(sheet.clip(0, 1))[None], columns=1, captions=[caption], title=title)
