"""Faces: whoever is in the test is not in the training; landmarks lie within the picture, the right way up."""

import numpy as np
import pytest
import torch
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


def test_landmarks_of_own_faces_are_not_known(tmp_path):
    with pytest.raises(DltuiError, match="drawn faces only"):
        faces.build(targets="landmarks").path(tmp_path, silent)


def test_points_lie_as_a_face_has_them():
    data = faces.build(targets="landmarks", people=5).builtin()
    assert data.train.inputs.shape == (10, 3, 48, 48) and data.facts["classes"] == 4
    points, widths = data.test.targets[:, :8].view(-1, 4, 2), data.test.targets[:, 8]
    left, right, nose, mouth = points.unbind(1)
    assert (left[:, 0] < right[:, 0]).all() and (torch.stack([left, right, nose])[..., 1] < mouth[:, 1]).all()
    assert (points > 0).all() and (points < 48).all()
    assert ((left - right).norm(dim=1) < 0.75 * widths).all() and 0.03 * widths.mean() > 0.75  # pixels


def test_one_answer_for_all_faces_is_far_from_each():
    """Faces lie anywhere, closer or farther: who does not look errs by several times what the recipe claims."""
    targets = faces.build(targets="landmarks", people=5).builtin().test.targets
    points = targets[:, :8].view(-1, 4, 2)
    assert ((points - points.mean(0)).norm(dim=2) / targets[:, 8:]).mean() > 0.15


def test_the_test_of_landmarks_is_the_same_however_many_train():
    few, more = (faces.build(targets="landmarks", people=people).builtin() for people in (3, 6))
    assert torch.equal(few.test.inputs, more.test.inputs) and len(more.train.inputs) == 12
    assert not torch.equal(few.train.targets[:8], few.test.targets[:8])


def test_folders_of_splits_are_no_people_and_it_is_told(tmp_path):
    """Guards train/ and test/ as two people."""
    for number, split in enumerate(("train", "val")):
        for person in range(5):
            (tmp_path / split / f"p{person}").mkdir(parents=True)
            for picture in range(2):
                pixels = np.full((40, 40, 3), 100 + 20 * person + number, np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / f"p{person}" / f"{picture}.png")
    data = faces.build().path(tmp_path, silent)
    assert data.classes == ("p0", "p1", "p2", "p3", "p4")
    assert not set(data.train.targets.tolist()) & set(data.test.targets.tolist())
    assert "the folders train, test are read as one: people are held out, and not pictures" in data.notes


@pytest.fixture
def few_strangers(monkeypatch):
    monkeypatch.setattr(faces.Traits, "STRANGERS", 20)


@pytest.mark.usefixtures("few_strangers")
def test_traits_are_those_of_the_face_that_is_drawn():
    """Classes in another order, or of other rows, would not lean as the eyes and brows do."""
    data = faces.build(targets="traits", people=200).builtin()
    assert data.train.inputs.shape == (200, 3, 40, 40) and data.classes == ("smile", "glasses", "turn")
    assert 0.4 < data.train.targets[:, 0].float().mean() < 0.6 and 0.4 < data.train.targets[:, 2].float().mean() < 0.6
    assert 0.2 < data.train.targets[:, 1].float().mean() < 0.4
    x, turned = data.train.inputs.float(), data.train.targets[:, 2] == 1
    darkness = (255 - x[:, :, 8:20]).mean((1, 2))  # (200, 40): eyes and brows, moved to the side that the face turns to
    middle = (darkness * torch.arange(40)).sum(1) / darkness.sum(1)
    assert middle[turned].mean() > middle[~turned].mean()


@pytest.mark.usefixtures("few_strangers")
def test_strangers_of_traits_stay_the_same_and_own_ones_are_not_known(tmp_path):
    few, more = (faces.build(targets="traits", people=count).builtin() for count in (3, 6))
    assert np.array_equal(few.test.inputs, more.test.inputs)
    assert not np.array_equal(few.train.inputs, few.test.inputs[:3])
    with pytest.raises(DltuiError, match="drawn faces only"):
        faces.build(targets="traits").path(tmp_path, silent)
