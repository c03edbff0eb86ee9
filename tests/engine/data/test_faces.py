"""Faces: whoever is in the test is not in the training, and pixels do not tell who it is."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.data import faces
from dltui.errors import DltuiError


def silent(text: str) -> None:
    pass


def test_people_of_the_test_are_strangers():
    data = faces.build(people=5).builtin()
    assert set(data.train.targets.tolist()) == set(range(5)) and set(data.test.targets.tolist()) == set(range(5, 29))
    assert data.train.targets.bincount().tolist() == [16] * 5 and data.facts["size"] == 32
    assert len(data.classes) == 29


def test_strangers_stay_the_same_however_many_there_are_to_learn_from():
    few, more = (faces.build(people=count).builtin() for count in (3, 6))
    assert np.array_equal(few.test.inputs, more.test.inputs)


def folders(path, people: int, pictures: int = 3):
    for person in range(people):
        (path / f"p{person}").mkdir(parents=True)
        for number in range(pictures):
            Image.fromarray(np.full((40, 40, 3), 20 * person, np.uint8)).save(path / f"p{person}" / f"{number}.png")
    return path


def test_own_faces_are_split_by_people(tmp_path):
    data = faces.build().path(folders(tmp_path, 10), silent)
    assert len(set(data.test.targets.tolist())) == 2 and len(data.test.targets) == 6
    assert not set(data.test.targets.tolist()) & set(data.train.targets.tolist())
    assert ((data.test.inputs[:, 0, 0, 0].float() / 20).round() == data.test.targets).all()


def test_too_few_people_or_pictures_are_told(tmp_path):
    with pytest.raises(DltuiError, match="at least four people, found 3 people"):
        faces.build().path(folders(tmp_path / "few", 3), silent)
    with pytest.raises(DltuiError, match="only one of p0"):
        faces.build().path(folders(tmp_path / "single", 5, pictures=1), silent)
    with pytest.raises(DltuiError, match="found nothing"):
        faces.build().path(tmp_path / "missing", silent)
