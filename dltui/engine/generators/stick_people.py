"""Drawn stick people: bodies with clothes of their own, in any pose, seen from the front or from behind."""

from typing import NamedTuple

import numpy as np

Random = np.random.Generator
JOINTS = (
    "head", "neck", "hip", "left elbow", "left hand", "right elbow", "right hand", "left knee", "left foot",
    "right knee", "right foot",
)  # fmt: skip
HEAD, NECK, HIP = 0, 1, 2
BONES = ((0, 1), (1, 2), (1, 3), (3, 4), (1, 5), (5, 6), (2, 7), (7, 8), (2, 9), (9, 10))
LIMBS = ((9, 10), (7, 8), (3, 4), (5, 6))  # the two joints of each: right leg, left leg, left arm, right arm
TORSO, ABOVE, RADIUS, ARM, LEG = 0.33, 0.12, 0.085, (0.18, 0.17), (0.22, 0.22)  # shares of the height
ANGLES = (
    "lean",
    "left arm",
    "left elbow",
    "right arm",
    "right elbow",
    "left leg",
    "left knee",
    "right leg",
    "right knee",
)
# radians, the least and the most of each: arms and legs from hanging down outwards, elbows up, knees in
LEAST = np.array([-0.3, 0.15, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 0.0])
MOST = np.array([0.3, 2.6, 1.5, 2.6, 1.5, 0.8, 0.6, 0.8, 0.6])
CHUNK = 32  # pictures drawn at a time: what they need stays in the processor's cache


class People(NamedTuple):
    """Bodies, an entry a person; lengths are shares of the picture's side, colours (N, C) in 0..1."""

    height: np.ndarray  # (N,)
    thick: np.ndarray  # (N,): radius of a limb
    front: np.ndarray  # (N,) bool: seen from the front, so that the left hand is at the right
    shirt: np.ndarray
    trousers: np.ndarray
    skin: np.ndarray
    hair: np.ndarray

    def take(self, rows: np.ndarray) -> "People":
        """The bodies of these rows."""
        return People(*(values[rows] for values in self))


def people(count: int, random: Random, colours: int = 3) -> People:
    """Returns bodies in clothes of `colours` channels, brighter than any ground."""

    def bright(low: float, high: float) -> np.ndarray:
        shade = random.uniform(low, high, (count, colours))
        shade[np.arange(count), random.integers(colours, size=count)] = random.uniform(0.8, 1.0, count)
        return shade

    warm = np.array([1.0, 0.8, 0.65])[:colours] * random.uniform(0.75, 1.0, (count, 1))
    return People(
        height=random.uniform(0.68, 0.85, count), thick=random.uniform(0.025, 0.037, count),
        front=random.random(count) < 0.5, shirt=bright(0.2, 0.9), trousers=bright(0.2, 0.9), skin=warm,
        hair=warm * random.uniform(0.35, 0.5, (count, 1)),
    )  # fmt: skip


def poses(count: int, random: Random) -> np.ndarray:
    """Returns angles (count, 9) as ANGLES names them, anywhere between LEAST and MOST."""
    return random.uniform(LEAST, MOST, (count, len(ANGLES)))


def joints(angles: np.ndarray, of: People, hips: np.ndarray) -> np.ndarray:
    """angles (N, 9), hips (N, 2) -> x and y of JOINTS (N, 11, 2), in shares of the picture's side."""
    lean, *limbs = angles.T
    left = np.where(of.front, 1.0, -1.0)  # on which side of the picture the left limbs are
    tall = of.height[:, None]
    neck = hips - tall * TORSO * _down(lean)
    head = neck - tall * ABOVE * _down(lean)
    found = [head, neck, hips]
    for number, (side, root, lengths, bend) in enumerate(
        ((left, neck, ARM, 1), (-left, neck, ARM, 1), (left, hips, LEG, -1), (-left, hips, LEG, -1))
    ):
        turn, turned = limbs[2 * number], limbs[2 * number] + bend * limbs[2 * number + 1]
        leaning = lean if bend == 1 else 0 * lean
        middle = root + tall * lengths[0] * _down(side * turn + leaning)
        found += [middle, middle + tall * lengths[1] * _down(side * turned + leaning)]
    return np.stack(found, 1)


def _down(angle: np.ndarray) -> np.ndarray:
    """Angles (N,) -> directions (N, 2): down at 0, to the right at pi / 2."""
    return np.stack([np.sin(angle), np.cos(angle)], -1)


def centred(angles: np.ndarray, of: People, random: Random, moved: float = 0.06) -> np.ndarray:
    """Returns hips (N, 2) such that the middle of the person is up to `moved` from that of the picture."""
    found = joints(angles, of, np.zeros((len(angles), 2)))
    return 0.5 + random.uniform(-moved, moved, (len(angles), 2)) - (found.min(1) + found.max(1)) / 2


def drawn(ground: np.ndarray, found: np.ndarray, of: People) -> np.ndarray:
    """ground (N, C, size, size) in 0..1, joints (N, 11, 2) -> the people upon it, (N, C, size, size) float32."""
    parts = []
    for start in range(0, len(ground), CHUNK):
        rows = slice(start, start + CHUNK)
        pixels = ground[rows].astype(np.float32)
        _person(pixels, found[rows].astype(np.float32), of.take(rows))
        parts.append(pixels)
    return np.concatenate(parts)


def _person(pixels: np.ndarray, found: np.ndarray, of: People) -> None:
    for number, (middle, end) in enumerate(LIMBS[:2]):
        capsule(pixels, found[:, HIP], found[:, middle], of.thick, of.trousers * (0.85 if number else 1))
        capsule(pixels, found[:, middle], found[:, end], of.thick, of.trousers * (0.85 if number else 1))
    capsule(pixels, found[:, NECK], found[:, HIP], 1.5 * of.thick, of.shirt)
    for middle, end in LIMBS[2:]:
        capsule(pixels, found[:, NECK], found[:, middle], of.thick, of.shirt)
        capsule(pixels, found[:, middle], found[:, end], of.thick, of.skin)
    radius, head = RADIUS * of.height, found[:, HEAD]
    capsule(pixels, head, head, radius, of.hair)
    face = head + (found[:, NECK] - head) * 0.25
    capsule(pixels, face, face, np.where(of.front, 0.8 * radius, -1.0), of.skin)  # none from behind


def capsule(pixels: np.ndarray, a: np.ndarray, b: np.ndarray, radius: np.ndarray, colour: np.ndarray) -> None:
    """Draws upon pixels (N, C, size, size) what lies within `radius` (N,) of the lines from a to b (N, 2)."""
    size = pixels.shape[-1]
    a, b, radius = (np.float32(size) * values.astype(np.float32) for values in (a, b, radius))
    middles = np.arange(size, dtype=np.float32) + 0.5
    off_x, off_y = middles - a[:, :1], middles - a[:, 1:]  # (N, size) each
    along = b - a
    share = along[:, :1] * off_x, along[:, 1:] * off_y
    share = (share[0][:, None] + share[1][:, :, None]) / np.maximum((along**2).sum(1), 1e-6)[:, None, None]
    np.clip(share, 0, 1, out=share)  # (N, size, size): how far from a to b the nearest place of the line is
    away = np.square(off_x[:, None] - share * along[:, :1, None])
    away += np.square(off_y[:, :, None] - share * along[:, 1:, None])
    cover = np.sqrt(away, out=away)
    np.subtract(radius[:, None, None] + 0.5, away, out=cover)
    np.clip(cover, 0, 1, out=cover)
    pixels += cover[:, None] * (colour.astype(np.float32)[..., None, None] - pixels)


def grounds(count: int, size: int, random: Random, colours: int = 3, bars: int = 2) -> np.ndarray:
    """Returns dark grounds (count, colours, size, size) with a light from one side and some thin bars."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    turn = random.uniform(0, 2 * np.pi, (count, 1, 1, 1))
    shade = random.uniform(0.08, 0.28, (count, colours, 1, 1))
    pixels = (shade * (1 + 0.5 * (np.cos(turn) * x + np.sin(turn) * y))).astype(np.float32)
    for _ in range(bars):
        a, b = random.uniform(-0.2, 1.2, (2, count, 2))
        capsule(pixels, a, b, random.uniform(0.01, 0.03, count), random.uniform(0.1, 0.45, (count, colours)))
    return pixels


def photographed(pixels: np.ndarray, random: Random, noise: float = 0.03) -> np.ndarray:
    """Pixels in about 0..1 -> uint8 with the noise of a camera."""
    noisy = pixels + noise * random.standard_normal(pixels.shape, np.float32)
    return (noisy.clip(0, 1) * 255).round().astype(np.uint8)
