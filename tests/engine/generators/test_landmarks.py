"""Key points lie where the face is drawn: where the picture changes as the part does."""

import numpy as np
import pytest

from dltui.engine.data.landmarks import CAMERA
from dltui.engine.generators import portraits
from dltui.engine.generators.landmarks import PARTS, landmarks, widths

COUNT = 60


def generator(seed):
    return np.random.Generator(np.random.PCG64(seed))


def drawn(**changes):
    person = portraits.people(COUNT, generator(0))
    person |= {name: np.full(COUNT, value) for name, value in changes.items()}
    pictures, found = portraits.photographed(person, generator(1), CAMERA)
    points, wide = (measure(person, found, CAMERA.size) for measure in (landmarks, widths))
    return pictures.astype(float), points, wide


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("left eye", {"eye_blue": (0.0, 1.0)}),
        ("right eye", {"eye_blue": (0.0, 1.0)}),
        ("nose", {"nose_wide": (0.03, 0.09)}),
        ("mouth", {"lips": (0.025, 0.06)}),
    ],
)
def test_a_part_changes_the_picture_where_its_point_is(part, values):
    """Guards the turn of the head and the way back from the face's frame: a wrong sign moves points by pixels."""
    ((name, (least, most)),) = values.items()
    (first, points, _), (second, _, _) = drawn(**{name: least}), drawn(**{name: most})
    change = np.abs(first - second).sum(1)  # (N, size, size)
    y, x = np.mgrid[: CAMERA.size, : CAMERA.size] + 0.5
    at_x, at_y = points[:, PARTS.index(part), :, None, None].swapaxes(0, 1)
    change = np.where(np.hypot(x - at_x, y - at_y) < 2.6, change, 0)
    seen = change.sum((1, 2)) > 0  # a nose may lie behind the mouth
    middle = np.stack([(change * grid).sum((1, 2))[seen] / change.sum((1, 2))[seen] for grid in (x, y)], 1)
    away = middle - points[seen, PARTS.index(part)]
    assert np.hypot(*away.T).mean() < 0.5 and np.abs(away.mean(0)).max() < 0.25


def test_a_wider_face_is_wider_by_as_many_pixels():
    wide, narrow = (drawn(wide=value)[2] for value in (0.66, 0.46))
    assert np.allclose(wide / narrow, 0.66 / 0.46)


def test_a_width_is_that_of_the_face_on_the_picture():
    """Two faces that differ in width only differ as far to the left and right as the wider one goes, with its hair."""
    plain = {"hair_wide": 0.02, "hair_long": -0.3, "jaw": 0.0}
    (first, _, wide), (second, _, _) = drawn(wide=0.66, **plain), drawn(wide=0.6, **plain)
    change = np.abs(first - second).sum(1) > 10
    reach = [np.ptp(np.flatnonzero(rows.any(0))) + 1 for rows in change]
    assert np.mean(reach) == pytest.approx(wide.mean(), rel=0.15)
