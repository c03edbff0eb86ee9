"""Streets seen by a camera, and how far each pixel is: a ground plane, things of known sizes on it, haze over all.

Four cues tell a distance: how far below the horizon a thing stands, how large it looks, how pale it is, and how the
pattern of the ground shrinks. The camera's height and focal length are always the same, its pitch is not.
"""

from typing import NamedTuple

import numpy as np

NEAR, FAR = 2.0, 40.0  # metres
HEIGHT = 1.6  # of the camera above the ground, metres
FOCAL = 1.0  # focal length, in sides of the picture
HAZE = 22.0  # metres over which the light of a thing falls to a third
TILE = 1.5  # of the ground's pattern, metres
MOST = 4  # things in a picture
# width and height in metres; a ball may float, the others stand
THINGS = {"post": (0.5, 2.4), "box": (1.6, 1.3), "ball": (1.3, 1.3)}


class Street(NamedTuple):
    """Pictures (N, 3, size, size) uint8 and distances (N, size, size) float32 in metres, NEAR to FAR."""

    pictures: np.ndarray
    distances: np.ndarray


def streets(rows: int, seed: int, *, size: int = 48) -> Street:
    """Returns streets with two to MOST things; the same arguments give the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    y, x = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size - 0.5  # -0.5..0.5, downwards and to the right
    pictures, distances = np.empty((rows, 3, size, size), np.uint8), np.empty((rows, size, size), np.float32)
    for row in range(rows):
        horizon = random.uniform(-0.3, 0.1)
        colour, far = _ground(x, y - horizon, random)
        things = random.choice(list(THINGS), int(random.integers(2, MOST + 1)))
        away = np.sort(np.exp(random.uniform(np.log(2.5), np.log(25), len(things))))[::-1]  # the farthest first
        for name, metres in zip(things, away, strict=True):
            _stand(colour, far, str(name), float(metres), x, y - horizon, random)
        haze = np.exp(-far / HAZE)
        air = np.array([0.72, 0.78, 0.86], np.float32) + random.normal(0, 0.03, 3)
        light = random.uniform(0.75, 1.1) * colour * haze + air[:, None, None] * (1 - haze)
        light += 0.02 * random.standard_normal(light.shape, np.float32)
        pictures[row], distances[row] = (light.clip(0, 1) * 255).astype(np.uint8), far.clip(NEAR, FAR)
    return Street(pictures, distances)


def _ground(x: np.ndarray, below: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Colours (3, size, size) and distances (size, size) of a plane HEIGHT below the camera, and of the sky.

    below: how far a pixel lies below the horizon.
    """
    metres = np.where(below > 0, FOCAL * HEIGHT / np.maximum(below, 1e-6), FAR).clip(max=FAR)
    across = x * metres / FOCAL + random.uniform(0, TILE)
    tiles = (np.floor(across / TILE) + np.floor(metres / TILE)) % 2
    tone = random.uniform(0.2, 0.6, (3, 1, 1))
    ground = tone * (1 + random.uniform(0.1, 0.3) * (2 * tiles - 1))
    sky = np.array([0.6, 0.7, 0.9])[:, None, None] + random.normal(0, 0.05, (3, 1, 1))
    return np.where(below > 0, ground, sky).astype(np.float32), metres.astype(np.float32)


def _stand(
    colour: np.ndarray, far: np.ndarray, name: str, metres: float, x: np.ndarray, below: np.ndarray,
    random: np.random.Generator,
) -> None:  # fmt: skip
    """Paints a thing `metres` away over what lies behind it, lit from the left, and its distance."""
    width, height = (FOCAL * side / metres for side in THINGS[name])
    foot = FOCAL * HEIGHT / metres
    if name == "ball" and random.random() < 0.5:
        foot -= FOCAL * random.uniform(0.3, 1.8) / metres
    middle = random.uniform(-0.45, 0.45)
    u, v = (x - middle) / (width / 2), (below - foot) / height + 1  # -1..1 across, 0..1 from its top to its foot
    if name == "ball":
        away = u**2 + (2 * v - 1) ** 2
        inside, shade = away < 1, 0.45 + 0.55 * np.clip(0.6 * np.sqrt(np.clip(1 - away, 0, 1)) - 0.6 * u, 0, 1)
    else:
        inside = (np.abs(u) < 1) & (v > 0) & (v < 1)
        shade = np.where(u > 0.4, 0.55, 1.0)
    paint = random.uniform(0.15, 0.95, (3, 1, 1)) * shade
    colour[:] = np.where(inside, paint, colour)
    far[:] = np.where(inside, metres, far)
