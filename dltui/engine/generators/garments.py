"""Clothes, generated at 28x28: grey silhouettes of ten classes, as in Fashion-MNIST (Xiao, Rasul, Vollgraf 2017).

A garment is cut from a few pieces, quadrilaterals that are sewn together or cut away. Of each piece two extreme cuts
are given, and every picture takes something between them: short sleeves or less short ones, a narrow hem or a wide
one. So shirts, T-shirts, pullovers and coats pass into each other, and differ in sleeves, length, collar and buttons.
"""

from typing import NamedTuple

import numpy as np

SIZE = 28
CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"
)  # fmt: skip
CHUNK = 256  # pictures drawn at a time: what they need stays in the processor's cache
GRID = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1).astype(np.float32) - (SIZE - 1) / 2  # (H, W, 2)
EFFECTS = {"dark": -0.6, "light": 0.5}  # added at most to the shade that the cloth has, as a share of it

TORSO = "sewn: -5,-11 5,-11 6,10 -6,10 > -7.5,-11 7.5,-11 8,12 -8,12"
SHORT = "sewn, mirrored: 4,-11 8.5,-9 8,-4.5 4,-5 > 6,-11 13,-7 11.5,-1 6,-4"
LONG = "sewn, mirrored: 4.5,-11 8,-9.5 8.5,8 6,8.5 > 6,-11 9,-9 13,9 10,10"
NECK = "cut: -2,-13 2,-13 1.5,-10.5 -1.5,-10.5 > -4,-13 4,-13 2.5,-7.5 -2.5,-7.5"
COLLAR = "light, mirrored: 0.2,-10 2,-13 4,-12 2,-8.5 > 0.4,-8 2,-13 5,-12 3,-6"
OPENING = "dark, mirrored: 0,-10 0.5,-10 0.6,13 0,13 > 0,-10 0.9,-10 0.9,13 0,13"
# Ways of each class: pieces, one a line, "effect: corners > corners", corners "x,y" clockwise in pixels from the
# middle, y downwards
WAYS = [
    [[TORSO, SHORT, NECK]],
    [[
        "sewn: -3.5,-13 3.5,-13 4.5,-7 -4.5,-7 > -5,-13 5,-13 5.5,-6 -5.5,-6",
        "sewn, mirrored: 0.2,-8 4,-8 3.5,12 1,12 > 0.4,-8 5.5,-8 7.5,13 3,13",
    ]],
    [[TORSO, LONG, "cut: -1.5,-13 1.5,-13 1,-10.5 -1,-10.5 > -3.5,-13 3.5,-13 2,-9.5 -2,-9.5"]],
    [
        [
            "sewn: -2.5,-13 2.5,-13 2.5,-3 -2.5,-3 > -5,-13 5,-13 4,-2 -4,-2",
            "sewn: -2.5,-4 2.5,-4 4,12 -4,12 > -4,-4 4,-4 9.5,13 -9.5,13", NECK,
        ],
        [
            "sewn: -3,-12 3,-12 3,-3 -3,-3 > -5,-12 5,-12 4,-2 -4,-2",
            "sewn: -3,-4 3,-4 3.5,12 -3.5,12 > -4,-4 4,-4 7,13 -7,13",
            "sewn, mirrored: 2.5,-12 5,-10 4.5,-5 2.5,-6 > 4,-12 8.5,-8 7.5,2 4,-5",
        ],
    ],
    [[
        "sewn: -5,-12 5,-12 6,12 -6,12 > -7.5,-12 7.5,-12 9,13 -9,13", LONG, OPENING,
        "dark, mirrored: 0,-13 2,-13 1,-6 0,-5 > 0,-13 4,-13 3,-5 0,-2",
    ]],
    [
        [
            "sewn: -13,5 12,4 13,7 -13,8 > -13,3 13,0 13,8 -13,8",
            "sewn: -9,-2 -6,-2 -4,6 -8,6 > -7,-4 -4,-5 -2,6 -6,6", "sewn: 2,-4 4,-5 9,5 6,5 > 5,-8 8,-9 12,3 8,4",
        ],
        [
            "sewn: -13,6 2,6 3,8 -13,8 > -13,4 3,2 3,6 -13,7", "sewn: 0,6 8,-5 10,-4 6,8 > 1,4 10,-8 12,-7 5,7",
            "sewn: 9,-4 11,-5 12,9 11,9 > 9,-8 12,-8 13,9 11,9", "sewn: -9,0 -5,0 -4,6 -8,6 > -8,-3 -5,-4 -2,6 -7,6",
        ],
    ],
    [
        [TORSO, LONG, "cut: -1,-13 1,-13 1,-11 -1,-11 > -3,-13 3,-13 2,-9 -2,-9", COLLAR,
         "dark: -0.3,-9 0.3,-9 0.3,12 -0.3,12 > -0.5,-9 0.5,-9 0.5,12 -0.5,12"],
        [TORSO, SHORT, "cut: -1,-13 1,-13 1,-11 -1,-11 > -3,-13 3,-13 2,-9 -2,-9", COLLAR,
         "dark: -0.3,-9 0.3,-9 0.3,0 -0.3,0 > -0.5,-9 0.5,-9 0.5,12 -0.5,12"],
    ],
    [[
        "sewn: -13,5 13,5 13,8 -13,8 > -13,6 13,6 13,9 -13,9", "sewn: -13,6 -11,3 -1,0 -1,6 > -13,6 -12,2 0,-3 0,6",
        "sewn: -2,6 -3,-1 12,-1 13,6 > -2,6 -2,-9 11,-9 13,6", "light: -13,6 13,6 13,8 -13,8 > -13,6 13,6 13,9 -13,9",
        "dark: -3,1 0,0 3,3 1,4 > -5,1 0,-2 4,2 1,4",
    ]],
    [[
        "sewn: -9,-3 9,-3 10,9 -10,9 > -12,-4 12,-4 13,12 -13,12",
        "sewn: -5,-9 5,-9 6,-2 -6,-2 > -7,-13 7,-13 9,-3 -9,-3", "cut: -4,-8 4,-8 5,-4 -5,-4 > -5,-11 5,-11 7,-5 -7,-5",
        "dark: -9,1 9,1 9,2 -9,2 > -11,0 11,0 11,1 -11,1",
    ]],
    [[
        "sewn: -12,9 11,9 11,12 -12,12 > -13,10 12,10 12,13 -13,13",
        "sewn: -12,10 -10,6 3,3 3,10 > -13,10 -12,4 3,-1 3,10",
        "sewn: 1,10 2,-4 10,-4 11,10 > -1,10 -1,-13 11,-13 12,10", "dark: 1,-6 2,-6 3,3 2,3 > 2,-11 3,-11 3,3 2,3",
    ]],
]  # fmt: skip


class Piece(NamedTuple):
    """One quadrilateral of a garment."""

    effect: str  # sewn, cut, dark or light
    cuts: np.ndarray  # (2, 4, 2): the corners of its two extreme cuts, clockwise


def garments(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 1, 28, 28) uint8, light on black, and classes (rows,) int64, numbers in CLASSES.

    Classes are as balanced as `rows` allows, and mixed. The same arguments give the same pictures, whatever else the
    process draws.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    classes = random.permutation(np.arange(rows) % len(CLASSES))
    counts = np.array([len(ways) for ways in WAYS])
    chosen = (counts.cumsum() - counts)[classes] + (random.random(rows) * counts[classes]).astype(np.int64)
    pictures = np.empty((rows, 1, SIZE, SIZE), np.uint8)
    for number, way in enumerate(way for ways in WAYS for way in ways):
        of_way = np.flatnonzero(chosen == number)
        for part in np.split(of_way, range(CHUNK, len(of_way), CHUNK)):
            pictures[part, 0] = _drawn(len(part), [piece for line in way for piece in _pieces(line)], random)
    return pictures, classes


def _pieces(line: str) -> list[Piece]:
    """The piece of a line, and where it says so its mirror image."""
    effect, corners = line.split(": ")
    cuts = np.array([[pair.split(",") for pair in cut.split()] for cut in corners.split(" > ")], np.float32)
    effect, *mirrored = effect.split(", ")
    return [Piece(effect, cuts)] + [Piece(effect, (cuts * np.float32([-1, 1]))[:, ::-1])] * len(mirrored)


def _drawn(rows: int, pieces: list[Piece], random: np.random.Generator) -> np.ndarray:
    """So many garments of these pieces (rows, 28, 28) uint8."""
    page = _page(rows, random)
    between = random.random((rows, 1, 1)).astype(np.float32)  # the two sides of a garment are cut alike
    contrast = random.uniform(-1, 1, (rows, 1, 1)).clip(0).astype(np.float32)  # of collars and buttons: of half none
    cover = np.zeros((rows, SIZE, SIZE), np.float32)
    shade = np.broadcast_to(_cloth(rows, page, random), cover.shape).copy()
    for piece in pieces:
        own = np.clip(between + 0.25 * random.standard_normal((rows, 1, 1), np.float32), 0, 1)
        corners = piece.cuts[0] + own * (piece.cuts[1] - piece.cuts[0])  # (rows, 4, 2)
        corners += 0.6 * random.standard_normal(corners.shape, np.float32)
        inside = np.clip(0.5 - _outside(page, corners), 0, 1)
        if piece.effect == "sewn":
            cover = np.maximum(cover, inside)
        elif piece.effect == "cut":
            cover = np.minimum(cover, 1 - inside)
        else:
            shade *= 1 + inside * contrast * EFFECTS[piece.effect]
    grain = 0.06 * random.standard_normal(cover.shape, np.float32)
    return (np.clip(cover * (np.clip(shade, 0, 1) + grain), 0, 1) * 255).round().astype(np.uint8)


def _page(rows: int, random: np.random.Generator) -> np.ndarray:
    """Where each pixel lies on a page that is moved, turned a little and stretched (rows, H, W, 2)."""

    def normal(scale: float, *shape: int) -> np.ndarray:
        return np.clip(random.standard_normal((rows, 1, 1, *shape), np.float32), -2, 2) * np.float32(scale)

    turn = normal(0.05)
    x, y = np.moveaxis(GRID - normal(0.6, 2), -1, 0)
    x, y = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.stack([x, y], -1) / np.exp(normal(0.06, 2))


def _outside(page: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """How far pixels (rows, H, W, 2) lie outside quadrilaterals (rows, 4, 2), below 0 inside (rows, H, W)."""
    farthest = np.full(page.shape[:3], -np.inf, np.float32)
    for start, end in zip(np.moveaxis(corners, 1, 0), np.moveaxis(np.roll(corners, -1, 1), 1, 0), strict=True):
        along = end - start
        normal = np.stack([along[:, 1], -along[:, 0]], -1) / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-3)
        distance = np.einsum("nhwk,nk->nhw", page, normal) - (start * normal).sum(1)[:, None, None]
        farthest = np.maximum(farthest, distance)
    return farthest


def _cloth(rows: int, page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shades of cloth, without regard to the class: plain, or striped along, across or both ways (rows, H, W)."""

    def uniform(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (rows, 1, 1)).astype(np.float32)

    waves = [np.sin(page[..., axis] * uniform(0.8, 2.4) + uniform(0, 6.3)) for axis in (0, 1)]
    strengths = [uniform(0, 0.25) * (random.random((rows, 1, 1)) < 0.3) for _ in waves]
    return uniform(0.35, 0.95) + sum(strength * wave for strength, wave in zip(strengths, waves, strict=True))
