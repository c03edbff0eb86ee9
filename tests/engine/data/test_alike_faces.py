"""Faces alike by a chosen trait: the same pictures in the same order, other classes."""

import torch

from dltui.engine.data import alike_faces


def made(alike, **options):
    return alike_faces.build(alike=alike, people=6, strangers=4, **options).builtin()


def test_the_pictures_are_the_same_whatever_counts_as_alike():
    person, appearance = made("person"), made("appearance")
    for split in ("train", "test"):
        assert torch.equal(getattr(person, split).inputs, getattr(appearance, split).inputs)
    assert person.test.targets.unique().tolist() == [6, 7, 8, 9] and person.train.targets.unique().tolist() == list(
        range(6)
    )
    assert appearance.classes == alike_faces.LOOKS and appearance.train.targets.max() <= 3


def test_nobody_of_the_test_is_in_the_training_and_a_seed_decides():
    one, other = made("person"), made("person", seed=1)
    assert not set(one.train.targets.tolist()) & set(one.test.targets.tolist())
    assert not torch.equal(one.train.inputs, other.train.inputs)


def test_glasses_are_dark_around_the_eyes():
    """The look is what the picture shows: faces with glasses are darker there than those without, on average."""
    data = alike_faces.build(alike="appearance", people=40, strangers=4).builtin()
    band = data.train.inputs[:, :, 11:19, 6:26].float().mean((1, 2, 3))
    with_glasses = data.train.targets >= 2
    assert band[with_glasses].mean() < band[~with_glasses].mean() - 3
