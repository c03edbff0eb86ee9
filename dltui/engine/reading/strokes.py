"""Pictures of strokes on a plain ground, as digits are: how a data set's are sized and centred, and a picture of the
user's own normalized like them."""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from dltui.engine.reading import picture

ROWS = 1000  # of a data set that are looked at
MOST = 95  # of a hundred pictures, what goes for all
RARE = 0.5  # of a hundred, those at each end that set no bound
PLAIN = 0.6  # share of a border that is of one shade where the ground is plain: strokes may reach it
LEVEL_APART = 40  # shades by which its pixels may differ
DARK, LIGHT = 64, 191  # a ground below, above
STROKE = 64  # shades from its ground at which a stroke of a data set begins
LONGEST = 480  # pixels of a side of the user's picture that are looked at
FAINTEST = 16  # shades from its ground of the user's faintest stroke
NOISES = 5  # deviations of the ground from which a stroke begins
DEVIATION = 1.4826  # of a normal distribution, in medians of what its values are off
EVENER = 0.7  # share of that deviation that is left where light fell on the ground unevenly
FEWER, ROUNDS = 4, 8  # of so many pixels one is taken to find the light, so many times
FULL = 97  # of a hundred pixels with ink as many are fainter than its full shade: the lines of the paper may be most
SPECK = 0.08  # share of the largest piece of a stroke below which another piece is dirt
MOST_COVERED = 0.5  # share of a picture that strokes cover at most


class StrokeLayout(NamedTuple):
    """Size and place of the strokes in a data set's pictures, in pixels: what is usual, and what range it has."""

    dark: bool  # the ground; strokes are light
    side: float  # the longer one of the box around the strokes
    sides: tuple[float, float]
    centred_by_mass: bool  # what is in the same place in every picture: the centre of mass, else the box's middle
    centre: np.ndarray  # (2,) y, x
    spread: np.ndarray  # (2,) its greatest distance from there


class Strokes(NamedTuple):
    """What is drawn on a picture: where, dark or light, and whether its ground had to be evened out."""

    ink: np.ndarray  # (H, W) 0..1
    dark_ground: bool
    evened: bool


def stroke_layout(rows: np.ndarray) -> StrokeLayout | None:
    """Returns the layout of the strokes in grey pictures (N, 1, H, W) uint8; None where their ground is not plain."""
    if rows.ndim != 4 or rows.shape[1] != 1 or not len(rows):
        return None
    pixels = rows[:ROWS, 0].astype(np.float32)  # (n, H, W)
    grounds = np.stack([_plain_level(row) for row in pixels])
    dark = bool((grounds < DARK).mean() * 100 >= MOST)
    of_it = grounds < DARK if dark else grounds > LIGHT
    if of_it.mean() * 100 < MOST:
        return None
    inks = np.abs(pixels[of_it] - grounds[of_it, None, None])
    inks = [ink for ink in inks if (ink > STROKE).any()]
    if not inks:
        return None
    boxes = np.array([_box(ink > STROKE) for ink in inks])  # (n, 4)
    centres = {False: (boxes[:, :2] + boxes[:, 2:] - 1) / 2, True: np.array([_mass_centre(ink) for ink in inks])}
    centred_by_mass = bool(centres[True].std(0).sum() < centres[False].std(0).sum())
    sides = (boxes[:, 2:] - boxes[:, :2]).max(1)
    centre = np.median(centres[centred_by_mass], 0)
    spread = np.percentile(np.abs(centres[centred_by_mass] - centre), 100 - RARE, axis=0)
    return StrokeLayout(
        dark, float(np.median(sides)), tuple(np.percentile(sides, (RARE, 100 - RARE))), centred_by_mass, centre, spread
    )


def normalized(
    opened: Image.Image, layout: StrokeLayout, size: int, white: float, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns a picture as (1, size, size) uint8, its strokes of the layout's size and place, and words on what was
    done to it.

    One that has that layout stays as it is, and so does one on which no strokes are found, which is said.
    """
    as_it_is = picture.fitted(opened, 1, size, white=white, where=where)
    if opened.width == opened.height and _has_layout(as_it_is[0], layout):
        return as_it_is, ()
    inverse = 255 - as_it_is
    inverted = f"inverted, as the data's strokes are {'light on dark' if layout.dark else 'dark on light'}"
    if opened.width == opened.height and _has_layout(inverse[0], layout):
        return inverse, (inverted,)
    strokes = _strokes_of(picture.brightness(opened, white, where, LONGEST))
    if strokes is None:
        return as_it_is, ("no strokes on a plain ground were found: nothing was changed",)
    drawn = (_placed(strokes.ink, layout, size) * 255).round().astype(np.uint8)[None]
    done = ["cropped and centred as the data are"]
    if strokes.evened:
        done.insert(0, "uneven light on the ground was taken out")
    if strokes.dark_ground != layout.dark:
        done.insert(0, inverted)
    return (drawn if layout.dark else 255 - drawn), tuple(done)


def _border(pixels: np.ndarray, width: int) -> np.ndarray:
    """The pixels at the border of (H, W), in one row."""
    inside = np.zeros(pixels.shape, bool)
    inside[width:-width, width:-width] = True
    return pixels[~inside]


def _plain_level(pixels: np.ndarray) -> float:
    """The shade of a plain ground (H, W); NaN where the border is not of one shade."""
    border = _border(pixels, 1)
    level = np.median(border)
    return level if (np.abs(border - level) <= LEVEL_APART).mean() >= PLAIN else np.nan


def _box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """top, left, bottom, right of what is True in (H, W)."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def _mass_centre(ink: np.ndarray) -> tuple[float, float]:
    return ndimage.center_of_mass(ink)


def _has_layout(pixels: np.ndarray, layout: StrokeLayout) -> bool:
    """Whether a picture (size, size) is as the data's: its ground, its contrast, where its strokes are."""
    level = _plain_level(pixels.astype(np.float32))
    ink = np.abs(pixels - level)
    if not (level < DARK if layout.dark else level > LIGHT) or not (ink > 2 * STROKE).any():
        return False
    top, left, bottom, right = box = np.array(_box(ink > STROKE))
    centre = _mass_centre(ink) if layout.centred_by_mass else (box[:2] + box[2:] - 1) / 2
    low, high = layout.sides
    return bool(
        low - 1 <= max(bottom - top, right - left) <= high + 1
        and (abs(centre - layout.centre) <= layout.spread + 1).all()
    )


def _strokes_of(shades: np.ndarray) -> Strokes | None:
    """What is drawn on a picture (H, W) of shades 0..255; None where it is not strokes on a plain ground."""
    apart = shades - np.median(_border(shades, max(1, round(0.02 * min(shades.shape)))))
    smooth = shades - _smooth_ground(shades)
    evened = _noise(smooth) < EVENER * _noise(apart)
    if evened:
        apart = smooth
    least = max(FAINTEST, NOISES * _noise(apart))
    light, dark = (np.where(one > least, one, 0) for one in (apart, -apart))
    dark_ground = bool(light.sum() > dark.sum())
    ink = light if dark_ground else dark
    if not ink.any():
        return None
    ink = (ink / np.percentile(ink[ink > 0], FULL)).clip(0, 1)
    ink = ink * _without_dirt(ink > 0.5)
    covered = (ink > 0.5).mean()
    return Strokes(ink, dark_ground, evened) if 0 < covered <= MOST_COVERED else None


def _noise(apart: np.ndarray) -> float:
    """The deviation of the ground from its shade, strokes left out."""
    return float(DEVIATION * np.median(np.abs(apart)))


def _smooth_ground(shades: np.ndarray) -> np.ndarray:
    """The brightness of a ground (H, W) that light falls on unevenly: a surface of second degree through most pixels,
    those of strokes left out round by round."""
    height, width = shades.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], -1)  # (H, W, 6)
    few, flat = terms[::FEWER, ::FEWER].reshape(-1, 6), shades[::FEWER, ::FEWER].ravel()
    kept = np.ones(flat.shape, bool)
    for _ in range(ROUNDS):
        weights = np.linalg.lstsq(few[kept], flat[kept], rcond=None)[0]
        apart = np.abs(flat - few @ weights)
        kept = apart <= max(2 * DEVIATION * np.median(apart), 2.0)
    return terms @ weights


def _without_dirt(ink: np.ndarray) -> np.ndarray:
    """Where (H, W) strokes are: pieces as large as dirt are left out, and those at the border, a shadow or the edge of
    the paper, where there are others."""
    pieces, count = ndimage.label(ink, np.ones((3, 3)))
    if not count:
        return ink
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    at_border = np.zeros(count + 1, bool)
    at_border[np.unique(_border(pieces, 1))] = True
    inner = ~at_border[1:]
    largest_inner = sizes[inner].max(initial=0)
    allowed = inner if largest_inner >= SPECK * sizes.max() else np.ones(count, bool)
    kept = allowed & (sizes >= SPECK * sizes[allowed].max())
    return ndimage.binary_dilation(np.isin(pieces, np.flatnonzero(kept) + 1), iterations=2)


def _placed(ink: np.ndarray, layout: StrokeLayout, size: int) -> np.ndarray:
    """The strokes of (H, W) in 0..1 -> (size, size), as large and where the data's are."""
    top, left, bottom, right = _box(ink > 0.25)
    cropped = Image.fromarray(ink[top:bottom, left:right].astype(np.float32))
    scale = layout.side / max(cropped.size)
    small = [max(1, min(size, round(scale * side))) for side in cropped.size]
    strokes = np.asarray(cropped.resize(small, Image.Resampling.BILINEAR))
    strokes = (strokes / max(np.percentile(strokes, 98), 1e-6)).clip(0, 1)
    middle = np.array(_mass_centre(strokes)) if layout.centred_by_mass else (np.array(strokes.shape) - 1) / 2
    at = (layout.centre - middle).round().astype(int).clip(0, size - np.array(strokes.shape))
    placed = np.zeros((size, size), np.float32)
    placed[at[0] : at[0] + strokes.shape[0], at[1] : at[1] + strokes.shape[1]] = strokes
    return placed
