"""Where eyes, nose and mouth of a drawn face lie: computed from what it was drawn by."""

import numpy as np

PARTS = ("left eye", "right eye", "nose", "mouth")  # left and right as one sees them


def landmarks(person: dict[str, np.ndarray], found: dict[str, np.ndarray], size: int) -> np.ndarray:
    """person, found: as `portraits.photographed` takes and gives them -> x and y of PARTS (N, 4, 2).

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
