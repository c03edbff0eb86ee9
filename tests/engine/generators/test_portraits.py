"""Drawn faces: a person's pictures are alike in what makes the person, and pixels hardly tell people apart."""

import numpy as np

from dltui.engine.generators import portraits


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
