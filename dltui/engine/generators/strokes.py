"""Handwritten-like digits, generated: pen strokes under warps, drawn by pens of many widths, at 28x28.

Each class has several ways of writing it, as people do (an open and a closed 4, a 7 with and without a bar). A way is a
few curves through control points. Every picture bends one of them (a smooth warp), slants, turns and stretches it, and
draws it with a pen whose width and pressure vary.
"""

import numpy as np

SIZE = 28
POINTS = 72  # dots of the pen along a digit
CHUNK = 256  # pictures drawn at a time: what they need stays in the processor's cache

# Ways of writing each class: strokes separated by "|", each a curve through points "x,y" on a page that is 6 wide and
# 10 high, y downwards. A corner is where one stroke ends and the next begins at the same point.
WAYS = [
    [
        "3,0 1,1.3 0,5 1,8.7 3,10 5,8.7 6,5 5,1.3 3,0",
        "4.3,0.6 2.2,0.2 0.4,2.6 0,6 1.2,9.3 3.4,9.9 5.4,7.8 5.9,4.4 4.9,1.2 3,0.5 1.9,1.2",
        "5,1.6 3.4,0.1 1.2,1.5 0.2,5 0.9,8.6 2.6,10 4.8,8.6 5.6,5.2 4.9,2 3.2,0.7",
    ],
    [
        "3,0 3,5 3,10",
        "1.6,2 2.5,1.2 3.3,0 | 3.3,0 3.2,5 3.1,10",
        "1.7,1.9 2.5,1.2 3.2,0 | 3.2,0 3.2,5 3.1,10 | 1.2,10 3.1,10 5.1,10",
    ],
    [
        "0.3,2.6 1.2,0.6 3.2,0 5.1,1 5.3,3.2 3.8,6 0.2,10 | 0.2,10 3,9.8 6,9.9",
        "0.6,1.8 2.2,0.1 4.5,0.4 5.3,2.6 4.1,5.6 1.9,8.8 0.5,9.7 0.2,8.5 1.6,8 3.6,9.2 5,9.9 6.3,9.1",
        "0.2,1.6 2,0.2 4.4,0.5 5,2.7 3.4,5.6 1.3,8.3 0.3,9.6 2.2,9.1 4.2,9.6 6,10",
    ],
    [
        "0.5,1.3 2.5,0 4.8,1 4.7,3.4 2.2,4.7 | 2.2,4.7 5,5.7 5.6,8 3.6,10 0.3,9",
        "0.4,0.3 2.8,0.3 5.3,0.1 | 5.3,0.1 3.9,2.1 2.4,4.1 | 2.4,4.1 5,4.9 5.7,7.2 4.4,9.5 2,10 0.2,8.9",
        "0.7,1 2.8,0 4.7,1.2 4.3,3.4 2.6,4.5 1.9,4.9 2.9,5.1 5.1,6.2 5.3,8.4 3.3,10 0.4,9.3",
    ],
    [
        "1.2,0 0.8,3 0.3,5.9 | 0.3,5.9 3,5.9 6,5.7 | 4.6,1.2 4.5,5.5 4.3,10",
        "4.2,0 2.2,3.2 0,6.7 | 0,6.7 3,6.7 6,6.6 | 4.2,0 4.2,5 4.2,10",
        "0.8,0.2 0.4,3 0.8,5 2.6,5.6 4.8,4.9 | 5.3,0 5,5 4.6,10",
        "4.9,0.3 2.6,2.4 0.4,5.2 2.6,5.9 4.9,5.2 | 4.9,0.3 4.6,5 4.4,10",
    ],
    [
        "5.6,0.1 3.2,0.1 1.1,0.2 | 1.1,0.2 0.9,2.2 0.7,4.4 | 0.7,4.4 3,3.6 5.3,5 5.5,7.8 3.5,10 0.3,9.2",
        "5.7,0.2 2.4,0.3 1.1,1.6 1.2,3.8 3.6,4.8 5.3,6.8 4.4,9.3 2.2,10 0.2,9",
        "1.1,0.9 1,2.6 0.9,4.6 | 0.9,4.6 3.2,3.9 5,5.4 5,8 3.1,9.9 0.4,9.3 | 1.2,0.5 3.6,0.4 6.1,-0.1",
    ],
    [
        "4.8,0.2 2.2,2 0.5,5.5 0.8,8.8 3,10 5.2,8.6 5,6.2 3,5.2 1.1,6.6 0.7,8",
        "3.4,0 1.3,4 0.3,7.4 1.5,9.8 4,9.8 5.3,7.8 4,5.8 2,6 0.6,7.8",
        "4.4,0.3 1.8,1.4 0.2,4.8 0.4,8.3 2.6,10 5,9 5.6,6.6 3.8,4.7 1.6,5.4 0.5,7.2",
    ],
    [
        "0.2,0.4 3,0.4 5.8,0.2 | 5.8,0.2 4.2,4 2.8,10",
        "0.3,0.4 3,0.4 5.7,0.2 | 5.7,0.2 4,4.4 2.4,10 | 1.6,5.2 3.4,5 5.5,4.8",
        "0.4,2.1 0.4,1.3 0.3,0.4 | 0.3,0.4 3,0.5 5.7,0.2 | 5.7,0.2 4.2,4.6 3.4,10",
        "0,1.4 1.4,0.3 3.4,0.7 5.7,0.2 4.5,3.4 3.2,10",
    ],
    [
        "5,1.4 3.2,0 1,1.2 1.4,3.4 3.6,5 5.3,7.4 3.2,10 0.7,8.4 1.7,5.8 4.2,3.8 5,1.4",
        "3,0 1,1 0.9,3.4 3,4.7 5,3.4 5,1 3,0 | 3,4.7 0.6,6 0.4,8.6 3,10 5.5,8.6 5.3,6 3,4.7",
        "5.6,0.7 3,0.1 0.9,1.5 1.9,3.9 4.2,5.4 5.2,8 3,10 0.9,8.6 1.5,6.4 3.8,4.2 5.9,1.6",
    ],
    [
        "5,1.6 3,0 0.8,1.4 0.6,4 2.6,5.2 4.6,3.9 5.1,1.6 | 5.1,1.6 5,5.8 4.8,10",
        "4.9,1.2 2.8,0 0.6,1.6 0.8,4.1 2.8,4.8 4.8,3 5.1,1 5.1,5 4.6,8.4 2.9,10 0.9,9.2",
        "5.2,0.9 2.6,0.2 0.5,2.2 1.2,4.6 3.4,4.6 5.3,1.6 | 5.3,1.6 4.3,5.6 3,10",
    ],
]


def digits(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 1, 28, 28) uint8, white on black, and classes (rows,) int64.

    Classes are as balanced as `rows` allows, and mixed. The same arguments give the same pictures, whatever else the
    process draws.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    classes = random.permutation(np.arange(rows) % len(WAYS))
    counts = np.array([len(ways) for ways in WAYS])
    chosen = (counts.cumsum() - counts)[classes] + (random.random(rows) * counts[classes]).astype(np.int64)
    paths, down = map(np.stack, zip(*[_dots(way) for ways in WAYS for way in ways], strict=True))
    pictures = np.empty((rows, 1, SIZE, SIZE), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        dots = _moved(paths[chosen[part]], random)
        pictures[part, 0] = _drawn(dots, down[chosen[part]], random)
    return pictures, classes


def _dots(way: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns dots (POINTS, 2) spread evenly along a way's strokes, on a page centred and 1 high, and (POINTS,) bool:
    whether the pen stays down until the next dot.
    """
    curves = [_curve(np.array([pair.split(",") for pair in stroke.split()], float)) for stroke in way.split("|")]
    lengths = [np.linalg.norm(np.diff(curve, axis=0), axis=1).cumsum() for curve in curves]
    ends = np.cumsum([length[-1] for length in lengths])
    shares = np.diff(np.round(np.concatenate([[0], ends]) / ends[-1] * POINTS).astype(int))
    dots, down = [], []
    for curve, length, share in zip(curves, lengths, shares, strict=True):
        at = np.linspace(0, length[-1], share)
        dots.append(np.stack([np.interp(at, np.concatenate([[0], length]), axis) for axis in curve.T], axis=1))
        down.append(np.arange(share) < share - 1)
    return ((np.concatenate(dots) - [3, 5]) / 10).astype(np.float32), np.concatenate(down)


def _curve(points: np.ndarray, samples: int = 24) -> np.ndarray:
    """A Catmull-Rom spline through points (n, 2): (about n * samples, 2)."""
    p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    spline = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([spline.reshape(-1, 2), points[-1:]])


def _moved(path: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Warps, slants, turns, stretches and places dots (B, POINTS, 2); returns them in pixels."""
    rows = len(path)

    def normal(*shape: int, scale: float) -> np.ndarray:
        return np.clip(random.standard_normal((rows, *shape), np.float32), -2, 2) * np.float32(scale)

    x, y = path[..., 0], path[..., 1]
    # bends: each hand has its own proportions (how high the waist, how wide the belly, how curved a line)
    x, y = (
        x * (1 + normal(1, scale=0.3) * y) + normal(1, scale=0.24) * (y * y - 0.1),
        y + normal(1, scale=0.2) * (y * y - 0.25) + normal(1, scale=0.1) * x + normal(1, scale=0.3) * (x * x - 0.03),
    )
    # wobble: two slow waves across the page for each axis
    for _ in range(2):
        waves = np.sin(normal(1, scale=6) * x + normal(1, scale=5) * y + normal(1, scale=9))
        x, y = x + normal(1, scale=0.024) * waves, y + normal(1, scale=0.024) * waves
    wide, high = np.exp(normal(1, scale=0.17)), np.exp(normal(1, scale=0.09))
    x, y = x * wide, y * high
    x = x - (np.float32(0.12) + normal(1, scale=0.2)) * y  # most hands slant to the right
    turn = normal(1, scale=0.12)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    page = np.stack([x, y], axis=-1)  # (B, POINTS, 2)
    low, top = page.min(axis=1, keepdims=True), page.max(axis=1, keepdims=True)
    extent = (top - low).max(axis=2, keepdims=True)
    pixels = 20 + normal(1, 1, scale=1.4)
    centre = SIZE / 2 - 0.5 + normal(1, 2, scale=1.15)  # not quite in the middle
    return (page - (low + top) / 2) / np.maximum(extent, 1e-3) * pixels + centre


def _drawn(dots: np.ndarray, down: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ink of a pen along dots (B, POINTS, 2), in pixels: (B, 28, 28) uint8.

    A dot is a round Gaussian, so it is the product of a column and a row, and a digit is one small matrix product.
    """
    rows = len(dots)
    step = np.linalg.norm(np.diff(dots, axis=1, append=dots[:, -1:]), axis=2) * down  # (B, POINTS)
    width = np.clip(1 + 0.25 * random.standard_normal((rows, 1), np.float32), 0.6, 1.7)
    waves, phase = (random.uniform(low, high, (rows, 1)).astype(np.float32) for low, high in ((2, 9), (0, 6.3)))
    pressure = 1 + 0.22 * np.sin(np.linspace(0, 1, POINTS, dtype=np.float32) * waves + phase)
    sigma = width * pressure  # (B, POINTS)
    pixel = np.arange(SIZE, dtype=np.float32)[:, None]
    columns, rows_of_ink = (
        np.exp(-0.5 * ((pixel - dots[:, None, :, axis]) / sigma[:, None]) ** 2) for axis in (0, 1)
    )  # (B, 28, POINTS)
    weight = step / (sigma * np.float32(2.5066))  # makes the ink 1 in the middle of a straight line
    ink = (rows_of_ink * weight[:, None]) @ columns.transpose(0, 2, 1)  # (B, 28, 28)
    edge = 1 / (1 + np.exp((0.5 - ink) * 9)) - 0.011  # flat inside, soft at the border, 0 on bare paper
    light = random.uniform(0.75, 1, (rows, 1, 1)).astype(np.float32)
    grain = 0.04 * random.standard_normal(ink.shape, np.float32)
    return np.clip(edge * (light + grain) * 256, 0, 255).astype(np.uint8)
