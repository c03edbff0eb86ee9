"""Drawn faces: what stays the same makes the person, what changes from picture to picture makes the photograph."""

from typing import NamedTuple

import numpy as np

SIZE = 32  # pixels, height and width
AT_ONCE = 100  # pictures drawn together: what is at hand fits into the processor's cache
SOFT = 0.035  # width of an edge; the picture is -1 .. 1 wide

# what makes a person: name -> (least, most); all uniform
PERSON = {
    "wide": (0.46, 0.66), "high": (0.62, 0.8), "jaw": (0.0, 0.45),
    "eyes_apart": (0.17, 0.31), "eyes_at": (-0.2, -0.02), "eye": (0.055, 0.1), "eye_flat": (0.45, 1.0),
    "brow_up": (0.11, 0.2), "brow_tilt": (-0.3, 0.3), "brow": (0.018, 0.05),
    "nose_long": (0.1, 0.26), "nose_wide": (0.03, 0.09),
    "mouth_at": (0.3, 0.46), "mouth_wide": (0.13, 0.29), "lips": (0.025, 0.06),
    "fringe": (-0.6, -0.3), "hair_wide": (0.02, 0.16), "hair_long": (-0.3, 0.7),
    "skin": (0.0, 1.0), "hair_tone": (0.0, 1.0), "hair_red": (0.0, 1.0), "eye_blue": (0.0, 1.0),
}  # fmt: skip
# of a photograph; right, down and near place the face: its middle in the picture's -1 .. 1, and how much larger it is
ATTRIBUTES = ("smile", "glasses", "turn", "tilt", "right", "down", "near")
GLASSES = 0.3  # share of the pictures with glasses
LANDMARKS = ("left eye", "right eye", "nose", "mouth")  # left and right as one sees them


class Camera(NamedTuple):
    """How faces are taken: standard deviations of what differs from picture to picture."""

    size: int = SIZE  # pixels, height and width
    near: float = 1.0  # how large a face is
    nearer: float = 0.08  # of the logarithm of that
    moved: float = 0.08  # along each axis of the picture, which is -1 .. 1
    tilted: float = 0.12  # radians
    clear: float = 0.0  # no smile and no turn is nearer to 0 than this


PORTRAIT = Camera()


def people(count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Returns what makes each of `count` people, an array (count,) a property of PERSON."""
    return {name: random.uniform(*bounds, count) for name, bounds in PERSON.items()}


def photographed(
    person: dict[str, np.ndarray], random: np.random.Generator, camera: Camera = PORTRAIT
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """person: a row of each property a picture -> pictures (N, 3, size, size) uint8, and their ATTRIBUTES (N,).

    Each picture has an expression, a pose, a light, a background and noise of its own.
    """
    parts = []
    for start in range(0, len(person["wide"]), AT_ONCE):
        some = {name: values[start : start + AT_ONCE] for name, values in person.items()}
        parts.append(_some(some, random, camera))
    pictures = np.concatenate([pictures for pictures, _ in parts])
    return pictures, {name: np.concatenate([found[name] for _, found in parts]) for name in ATTRIBUTES}


def landmarks(person: dict[str, np.ndarray], found: dict[str, np.ndarray], size: int) -> np.ndarray:
    """person, found: as `photographed` takes and gives them -> x and y of LANDMARKS (N, 4, 2).

    In pixels from the left and the upper edge of pictures of `size`.
    """
    turn = found["turn"]
    u = np.stack([-person["eyes_apart"], person["eyes_apart"], 0.03 * turn, np.zeros_like(turn)], 1)
    u += 0.1 * turn[:, None]
    nose = person["eyes_at"] + 0.06 + person["nose_long"]
    mouth = person["mouth_at"] + 0.018 * found["smile"]
    v = np.stack([person["eyes_at"], person["eyes_at"], nose, mouth], 1)  # (N, 4), in the face's own frame
    sine, cosine, near = (values[:, None] for values in (np.sin(found["tilt"]), np.cos(found["tilt"]), found["near"]))
    x = found["right"][:, None] + near * (cosine * u - sine * v)
    y = found["down"][:, None] + near * (sine * u + cosine * v)
    return (np.stack([x, y], 2) + 1) / 2 * (size - 1) + 0.5  # -1 and 1 are the middles of the outermost pixels


def widths(person: dict[str, np.ndarray], found: dict[str, np.ndarray], size: int) -> np.ndarray:
    """(N,): how wide each face is, in pixels."""
    return person["wide"] * found["near"] * (size - 1)


def _some(
    person: dict[str, np.ndarray], random: np.random.Generator, camera: Camera
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    N = len(person["wide"])
    found = {
        "smile": _apart(random.uniform(-1, 1, N), camera.clear),
        "glasses": (random.uniform(0, 1, N) < GLASSES).astype(float),
        "turn": _apart(random.uniform(-1, 1, N), camera.clear), "tilt": random.normal(0, camera.tilted, N),
        "right": random.normal(0, camera.moved, N), "down": random.normal(0, camera.moved, N),
        "near": camera.near * np.exp(random.normal(0, camera.nearer, N)),
    }  # fmt: skip
    x, y = _places(found, camera.size)
    colours = _colours(person)
    ground = random.uniform(0.1, 0.9, (N, 3, 1, 1)) + random.uniform(-0.25, 0.25, (N, 3, 1, 1)) * y[:, None]
    shapes = ({name: values.astype(np.float32) for name, values in given.items()} for given in (person, found))
    picture = _drawn(ground.astype(np.float32), *shapes, x, y, colours)
    angle = random.uniform(0, 2 * np.pi, (N, 1, 1))
    light = 1 + random.uniform(0.1, 0.35, (N, 1, 1)) * (np.cos(angle) * x + np.sin(angle) * y)
    light = light * random.uniform(0.75, 1.2, (N, 1, 1))
    tint = 1 + random.normal(0, 0.05, (N, 3, 1, 1))
    picture = picture * light[:, None] * tint + 0.02 * random.standard_normal(picture.shape, np.float32)
    return (picture.clip(0, 1) * 255).round().astype(np.uint8), found


def _apart(values: np.ndarray, clear: float) -> np.ndarray:
    """values (N,) in -1..1 -> the same, but for a gap from -clear to clear; all are as they were where it is 0."""
    return np.sign(values) * (clear + (1 - clear) * np.abs(values))


def _places(found: dict[str, np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel lies in the face's own frame, x and y (N, size, size): moved, turned, nearer or farther."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    x, y = x - found["right"][:, None, None], y - found["down"][:, None, None]
    sine, cosine = (turn(found["tilt"])[:, None, None] / found["near"][:, None, None] for turn in (np.sin, np.cos))
    return (cosine * x + sine * y).astype(np.float32), (cosine * y - sine * x).astype(np.float32)


def _colours(person: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Skin, hair, eyes and lips of each, (N, 3)."""

    def between(share: np.ndarray, dark: tuple, light: tuple) -> np.ndarray:
        return np.asarray(dark) + share[:, None] * (np.asarray(light) - np.asarray(dark))

    skin = between(person["skin"], (0.42, 0.28, 0.2), (0.96, 0.8, 0.68))
    hair = between(person["hair_tone"], (0.08, 0.06, 0.05), (0.85, 0.72, 0.4))
    red = between(person["hair_red"], (0.0, 0.0, 0.0), (0.22, 0.0, -0.05))
    eyes = between(person["eye_blue"], (0.2, 0.12, 0.06), (0.2, 0.45, 0.75))
    found = {"skin": skin, "hair": hair + red, "eyes": eyes, "lips": skin * (0.85, 0.5, 0.5)}
    return {name: colour.astype(np.float32) for name, colour in found.items()}


def _drawn(
    picture: np.ndarray,
    person: dict[str, np.ndarray],
    found: dict[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    colours: dict[str, np.ndarray],
) -> np.ndarray:
    """Paints hair, head and features one over the other; (N, 3, size, size) floats."""
    p = {name: values[:, None, None] for name, values in {**person, **found}.items()}
    picture = _head(picture, p, x, y, colours)
    x = x - 0.1 * p["turn"]  # the features move over the head as it turns
    for side in (-1, 1):
        picture = _eye(picture, p, side * p["eyes_apart"], side, x, y, colours)
    nose = _oval(x - 0.03 * p["turn"], y - (p["eyes_at"] + 0.06 + p["nose_long"]), p["nose_wide"], 0.035)
    picture = _painted(picture, nose, colours["skin"] * 0.72)
    bent = p["mouth_at"] - 0.9 * p["smile"] * (x * x - 0.02)
    mouth = np.minimum(p["lips"] - np.abs(y - bent), p["mouth_wide"] * (1 + 0.15 * p["smile"]) - np.abs(x))
    return _painted(picture, mouth, colours["lips"])


def _head(picture: np.ndarray, p: dict, x: np.ndarray, y: np.ndarray, colours: dict[str, np.ndarray]) -> np.ndarray:
    """Hair behind the head, the head, and the fringe over it."""
    hair = p["wide"] + p["hair_wide"]
    long = np.minimum(_oval(x, y + 0.08, hair, 1.3), np.minimum(p["hair_long"] - y, y + 0.1))
    picture = _painted(picture, np.maximum(_oval(x, y + 0.12, hair, p["high"]), long), colours["hair"])
    chin = p["wide"] * (1 - p["jaw"] * np.clip(y / p["high"], 0, 1))
    head = _oval(x, y, chin, p["high"])
    picture = _painted(picture, head, colours["skin"])
    return _painted(picture, np.minimum(head, p["fringe"] - y + 0.12 * x * x), colours["hair"])


def _eye(
    picture: np.ndarray, p: dict, at: np.ndarray, side: int, x: np.ndarray, y: np.ndarray, colours: dict
) -> np.ndarray:
    """An eye, its brow, and perhaps a glass before it."""
    x, down = x - at, y - p["eyes_at"]
    white = _oval(x, down, p["eye"] * 1.35, p["eye"] * p["eye_flat"])
    picture = _painted(picture, white, np.full_like(colours["eyes"], 0.95))
    iris = np.minimum(white, _oval(x - 0.02 * p["turn"], down, p["eye"] * 0.7, p["eye"]))
    picture = _painted(picture, iris, colours["eyes"])
    off = down + p["brow_up"] + side * p["brow_tilt"] * x + 0.02 * p["smile"]
    brow = np.minimum(p["brow"] - np.abs(off), p["eye"] * 1.6 - np.abs(x))
    picture = _painted(picture, brow, colours["hair"] * 0.7)
    ring = 0.022 - np.abs(_oval(x, down, p["eye"] + 0.09, p["eye"] + 0.08))
    return _painted(picture, np.where(p["glasses"] > 0, ring, -1), np.full_like(colours["eyes"], 0.1))


def _painted(picture: np.ndarray, inside: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """inside (N, size, size): above 0 within the shape, by the distance to its edge; colour (N, 3)."""
    share = (1 / (1 + np.exp(-np.clip(inside / SOFT * 2, -30, 30))))[:, None]
    return picture + share * (colour[:, :, None, None] - picture)


def _oval(x: np.ndarray, y: np.ndarray, wide: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """About how far inside an oval around 0 a place lies."""
    return (1 - np.hypot(x / wide, y / high)) * np.minimum(wide, high)
