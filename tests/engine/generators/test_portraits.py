"""Drawn faces: a person's pictures are alike in what makes the person; landmarks lie where the face is drawn."""

import numpy as np
import pytest

from dltui.engine.data.faces import ANYWHERE
from dltui.engine.generators import portraits

COUNT = 60


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def photographs(person: dict, count: int, seed: int) -> np.ndarray:
    return portraits.photographed({name: np.repeat(v[:1], count) for name, v in person.items()}, generator(seed))[0]


def test_the_same_seed_draws_the_same():
    person = portraits.people(3, generator())
    first, found = portraits.photographed(person, generator(1))
    assert first.shape == (3, 3, 32, 32) and first.dtype == np.uint8
    assert np.array_equal(first, portraits.photographed(person, generator(1))[0])
    assert set(found) == set(portraits.ATTRIBUTES) and all(len(values) == 3 for values in found.values())


def test_what_makes_a_person_can_be_seen():
    """Each property by itself changes the picture: none is drawn nowhere."""
    middle = {name: np.array([sum(bounds) / 2]) for name, bounds in portraits.PERSON.items()}
    plain = photographs(middle, 4, 0).astype(float)
    for name, (least, most) in portraits.PERSON.items():
        changed = [photographs(middle | {name: np.array([value])}, 4, 0) for value in (least, most)]
        assert max(np.abs(picture - plain).max() for picture in changed) > 10, name


def test_many_are_drawn_as_few_are():
    """Guards the drawing in parts: its edge is at 100 pictures."""
    person = {name: values[np.arange(130) % 2] for name, values in portraits.people(2, generator()).items()}
    pictures, found = portraits.photographed(person, generator())
    assert len(pictures) == len(found["smile"]) == 130 and pictures.std((1, 2, 3)).min() > 5


def drawn(**changes):
    person = portraits.people(COUNT, generator(0))
    person |= {name: np.full(COUNT, value) for name, value in changes.items()}
    pictures, found = portraits.photographed(person, generator(1), ANYWHERE)
    points, wide = (measure(person, found, ANYWHERE.size) for measure in (portraits.landmarks, portraits.widths))
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
    y, x = np.mgrid[: ANYWHERE.size, : ANYWHERE.size] + 0.5
    at_x, at_y = points[:, portraits.LANDMARKS.index(part), :, None, None].swapaxes(0, 1)
    change = np.where(np.hypot(x - at_x, y - at_y) < 2.6, change, 0)
    seen = change.sum((1, 2)) > 0  # a nose may lie behind the mouth
    middle = np.stack([(change * grid).sum((1, 2))[seen] / change.sum((1, 2))[seen] for grid in (x, y)], 1)
    away = middle - points[seen, portraits.LANDMARKS.index(part)]
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
