"""Inpainting: holes of their size, a loss of the hole alone, a score that the mean of the rest has as 0."""

import pytest
import torch

from dltui.engine.losses import inpainting
from dltui.errors import DltuiError


@pytest.fixture
def posed():
    torch.manual_seed(0)
    loss = inpainting.build(hole=4, jitter=3)
    pictures = 0.1 + 0.8 * torch.rand(30, 2, 10, 10)
    return loss, pictures, *loss.pose(pictures, torch.zeros(30))


def test_a_hole_is_grey_and_the_rest_as_it_was(posed):
    _, pictures, questions, answers = posed
    truth, where = answers[:, :-1], answers[:, -1:]
    assert torch.equal(truth, pictures) and set(where.unique().tolist()) == {0, 1}
    assert (where.sum((1, 2, 3)) == 16).all() and len(where.argmax(dim=-1).unique()) > 1
    assert torch.equal(questions * (1 - where), pictures * (1 - where))
    assert (questions * where == inpainting.GREY * where).all()


def test_only_the_hole_counts(posed):
    loss, pictures, _, answers = posed
    where = answers[:, -1:]
    right = pictures.logit().flatten(1)
    assert loss(right, answers) < 1e-10 and torch.allclose(loss.scores(right, answers), torch.ones(30))
    elsewhere = (right.view_as(pictures) + 5 * (1 - where)).flatten(1)
    assert loss(elsewhere, answers) < 1e-10
    wrong = (pictures * (1 - where) + 0.5 * where).logit().flatten(1)
    want = (pictures - 0.5)[where.bool().expand_as(pictures)].square().mean()
    assert torch.allclose(loss(wrong, answers), want)


def test_the_mean_of_the_rest_scores_nothing(posed):
    loss, pictures, _, answers = posed
    rest = answers[:, -1:] == 0
    means = torch.stack([torch.stack([c[r[0]].mean() for c in p]) for p, r in zip(pictures, rest, strict=True)])
    mean_fill = means[..., None, None].expand_as(pictures).logit().flatten(1)
    halfway = ((mean_fill.sigmoid() + pictures.flatten(1)) / 2).logit()
    assert loss.scores(mean_fill, answers).max() < 1e-4
    assert torch.allclose(loss.scores(halfway, answers), torch.full((30,), 0.75), atol=1e-4)


def test_what_is_shown_is_filled_in_the_hole_alone(posed):
    loss, pictures, questions, answers = posed
    shown = loss.shown(questions, torch.full((30, 200), 9.0), answers)
    where = answers[:, -1:]
    assert torch.equal(shown["net"] * (1 - where), pictures * (1 - where))
    assert ((shown["net"] - 1).abs() * where).max() < 1e-3 and torch.equal(shown["truth"], pictures)


def test_a_hole_that_leaves_the_picture_is_refused():
    with pytest.raises(DltuiError, match="leaves pictures of 10x10"):
        inpainting.build(hole=8, jitter=2).pose(torch.rand(1, 1, 10, 10), torch.zeros(1))
