"""Coloured, textured shapes on textured grounds, generated, at 32x32: ten classes, told apart by their outline alone.

Colours, patterns and light are drawn without regard to the class, for the shape and for the ground behind it alike:
who counts colours or weighs pixels learns nothing. Shapes are turned, squeezed, moved, crossed by thin bars, and
sometimes hardly differ from the ground. With `own_hues` colour follows content: ground and bar are grey, and a shape
has a hue of its class.
"""

import numpy as np

SIZE = 32
CLASSES = ("disc", "ring", "square", "frame", "triangle", "star", "cross", "moon", "heart", "arrow")
CHUNK = 256  # pictures drawn at a time: what they need stays in the processor's cache
LEAST_CONTRAST = 0.2  # between the colours of shape and ground, of a channel's range, on average over the channels
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # how light red, green and blue are (ITU-R BT.601)
HUES = (
    (20,),
    (20, 200),
    (110,),
    (110, 290),
    (200,),
    (200, 20),
    (290,),
    (290, 110),
    (0,),
    (180,),
)  # degrees, of CLASSES
VIVID = 0.3  # how far a shape's own colour lies from grey
GRID = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), 0).astype(np.float32) - (SIZE - 1) / 2  # (2, H, W) x, y


def shapes(rows: int, seed: int, *, own_hues: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 3, 32, 32) uint8 and classes (rows,) int64, numbers in CLASSES.

    Classes are as balanced as `rows` allows, and mixed. The same arguments give the same pictures, whatever else the
    process draws.

    own_hues: whether each class has its own one or two hues, and all else is grey.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    classes = random.permutation(np.arange(rows) % len(CLASSES))
    pictures = np.empty((rows, 3, SIZE, SIZE), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        pictures[part] = _drawn(classes[part], random, own_hues)
    return pictures, classes


def _drawn(classes: np.ndarray, random: np.random.Generator, own_hues: bool) -> np.ndarray:
    """classes (B,) -> (B, 3, 32, 32) uint8."""
    rows = len(classes)
    figure, ground = _colours(rows, random, grey=own_hues)
    if own_hues:
        figure += _tints(classes, random)
    cover = _cover(classes, random)[:, None]  # (B, 1, H, W)
    channels = 1 if own_hues else 3
    pixels = ground[..., None, None] + _pattern(rows, random, channels)
    pixels += cover * (figure[..., None, None] + _pattern(rows, random, channels) - pixels)
    cut = _bar(rows, random)[:, None]
    pixels += cut * (random.random((rows, channels, 1, 1), np.float32) - pixels)
    slope = random.uniform(-0.006, 0.006, (2, rows, 1, 1, 1)).astype(np.float32)  # light falls in from somewhere
    pixels += slope[0] * GRID[0] + slope[1] * GRID[1]
    pixels += 0.03 * random.standard_normal(pixels.shape, np.float32)
    return np.clip(pixels * 255, 0, 255).astype(np.uint8)


def _colours(rows: int, random: np.random.Generator, *, grey: bool) -> tuple[np.ndarray, np.ndarray]:
    """Colours of shapes and of grounds, (B, 3) each in 0..1, at least LEAST_CONTRAST apart; both alike in every way."""
    channels = 1 if grey else 3
    first = random.uniform(0.1, 0.9, (rows, channels)).astype(np.float32).repeat(3 // channels, 1)
    way = random.standard_normal((rows, channels)).astype(np.float32).repeat(3 // channels, 1)
    way /= np.abs(way).mean(1, keepdims=True)
    second = first + way * random.uniform(LEAST_CONTRAST, 0.6, (rows, 1)).astype(np.float32)
    middle = (first + second) / 2
    shift = np.clip(middle, 0.3, 0.7) - middle  # back into the range, their difference kept
    first, second = first + shift, second + shift
    swapped = random.random((rows, 1)) < 0.5
    return np.where(swapped, second, first), np.where(swapped, first, second)


def _tints(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """classes (B,) -> what is added to a grey (B, 3): one of the hues of its class, as light as the grey."""
    hue = np.array([random.choice(HUES[number]) for number in classes]) + random.uniform(-8, 8, len(classes))
    turn = np.deg2rad(hue[:, None] + np.array([0, -120, 120])).astype(np.float32)
    tint = VIVID * np.cos(turn)
    return tint - (tint @ LUMA)[:, None]


def _pattern(rows: int, random: np.random.Generator, channels: int) -> np.ndarray:
    """What is added to a colour: stripes, checks or waves of a second colour, (B, channels, H, W); plain for some."""
    turn = random.uniform(0, np.pi, (rows, 1, 1)).astype(np.float32)
    waves = []
    for lean in (0, np.pi / 2):
        frequency = random.uniform(0.5, 1.8, (rows, 1, 1)).astype(np.float32)
        phase = random.uniform(0, 2 * np.pi, (rows, 1, 1)).astype(np.float32)
        x, y = frequency * np.cos(turn + lean), frequency * np.sin(turn + lean)
        waves.append(np.sin(x * GRID[0] + y * GRID[1] + phase))
    stripes, across = waves
    kind = random.random((rows, 1, 1))
    wave = np.where(kind < 0.3, 0.6 * (stripes + across), np.where(kind < 0.6, stripes * across, stripes))
    tint = 0.08 * random.standard_normal((rows, channels, 1, 1), np.float32)
    return tint * wave[:, None]


def _bar(rows: int, random: np.random.Generator) -> np.ndarray:
    """How much of each pixel a thin bar across the picture covers, (B, H, W) in 0..1; half the pictures have none."""
    turn = random.uniform(0, np.pi, (rows, 1, 1)).astype(np.float32)
    offset = random.uniform(-10, 10, (rows, 1, 1)).astype(np.float32)
    away = np.abs(np.cos(turn) * GRID[0] + np.sin(turn) * GRID[1] - offset)
    return np.clip(1.5 - away, 0, 1) * (random.random((rows, 1, 1)) < 0.5)


# -- outlines ----------------------------------------------------------------------------------------------------------


def _cover(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """How much of each pixel the shape covers, (B, H, W) in 0..1, soft at its border."""
    rows = len(classes)

    def uniform(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (rows, 1, 1)).astype(np.float32)

    radius, squeeze, turn = uniform(9, 13), uniform(0.85, 1.18), uniform(-0.5, 0.5)
    x, y = GRID[0] - uniform(-3, 3), GRID[1] - uniform(-3, 3)
    mirrored = np.where(random.random((rows, 1, 1)) < 0.5, np.float32(-1), np.float32(1))
    u = mirrored * (np.cos(turn) * x + np.sin(turn) * y) / (radius * squeeze)
    v = (np.cos(turn) * y - np.sin(turn) * x) / (radius / squeeze)  # (B, H, W): the shape lies in -1..1
    outside = np.empty_like(u)
    for number, outline in enumerate(OUTLINES):
        of_class = classes == number
        outside[of_class] = outline(u[of_class], v[of_class])
    return np.clip(0.5 - outside * radius, 0, 1)


def _disc(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """As every outline: how far a point (u, v) lies outside the shape, below 0 inside; v grows downwards."""
    return np.sqrt(u * u + v * v) - 0.95


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(np.sqrt(u * u + v * v) - 0.75) - 0.22


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - 0.84


def _frame(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(np.maximum(np.abs(u), np.abs(v)) - 0.66) - 0.2


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(0.88 * np.abs(u) - 0.47 * v - 0.42, v - 0.8)


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    fifth = 2 * np.pi / 5
    angle = np.abs((np.arctan2(u, -v) + fifth / 2) % fifth - fifth / 2)  # 0 at a point of the star
    distance = np.sqrt(u * u + v * v)
    return 0.83 * distance * np.sin(angle) + 0.56 * distance * np.cos(angle) - 0.56


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    a, b = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(a - 0.3, b - 0.95), np.maximum(a - 0.95, b - 0.3))


def _moon(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    hollow = 0.85 - np.sqrt((u - 0.55) ** 2 + v * v)
    return np.maximum(np.sqrt(u * u + v * v) - 0.95, hollow)


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    a = np.abs(u)
    lobe = np.sqrt((a - 0.45) ** 2 + (v + 0.35) ** 2) - 0.5
    tip = np.maximum(0.75 * a + 0.66 * v - 0.61, -0.35 - v)
    return np.minimum(lobe, tip)


def _arrow(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    head = np.maximum(0.75 * np.abs(u) - 0.66 * v - 0.63, v - 0.05)
    return np.minimum(head, np.maximum(np.abs(u) - 0.28, np.abs(v - 0.4) - 0.55))


OUTLINES = (_disc, _ring, _square, _frame, _triangle, _star, _cross, _moon, _heart, _arrow)  # in the order of CLASSES
