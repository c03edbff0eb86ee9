"""Colorization: grey questions, colours that come back from their classes, a score that the mean colour has as 0."""

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from dltui.engine.losses import colorization as c
from dltui.errors import DltuiError


@pytest.fixture
def pictures():
    torch.manual_seed(0)
    return torch.rand(6, 3, 2, 2).repeat_interleave(8, 2).repeat_interleave(8, 3)  # four colours each, of 4 x 4 cells


def test_a_grey_picture_and_its_chroma_are_the_picture(pictures):
    grey, chroma = c.build().pose(pictures, torch.zeros(6))
    assert torch.equal(grey[:, 0], grey[:, 2]) and torch.allclose(c.luma(grey), c.luma(pictures), atol=1e-6)
    painted = c.coloured(grey, chroma)
    assert torch.allclose(painted[..., 1, 1], pictures[..., 1, 1], atol=1e-6)
    assert c.chroma(grey).abs().max() < 1e-6, "nothing of the colours is left to see"


def test_pictures_that_are_grey_already_are_refused():
    with pytest.raises(DltuiError, match="these have 1"):
        c.build().pose(torch.rand(2, 1, 8, 8), torch.zeros(2))


def test_each_colour_has_the_nearest_class():
    torch.manual_seed(0)
    cells = 1.4 * torch.rand(5, 2, 4, 4) - 0.7
    points = cells.movedim(1, -1).flatten(0, 2)
    want = torch.cdist(points, c.colours(cells.device)).argmin(1)
    assert torch.equal(c.nearest_class(cells).flatten(), want)
    grey = c.nearest_class(torch.zeros(1, 2, 1, 1))
    assert c.colours(cells.device)[grey].abs().max() < 1e-6


def test_rare_colours_weigh_more_and_all_of_them_together_as_much():
    """Guards p for 1/p: grey ground would drown the colours."""
    known = torch.tensor([0] * 90 + [5] * 10).view(1, 10, 10)
    weights = c.rarity(known)
    want = [1 / (0.5 * share + 0.5 / 49) for share in (0.9, 0.1, 0)]
    assert weights[[0, 5, 1]].tolist() == pytest.approx(want)
    outputs = torch.randn(1, 49 * 64)
    answers = 0.6 * (2 * torch.rand(1, 2, 8, 8) - 1)
    each = cross_entropy(outputs.view(1, 49, 8, 8), c.nearest_class(answers), reduction="none")
    weigh = c.rarity(c.nearest_class(answers))[c.nearest_class(answers)]
    assert torch.allclose(c.build()(outputs, answers), (each * weigh).sum() / weigh.sum())


def test_right_answers_score_all_and_the_mean_colour_nothing(pictures):
    _, answers = c.build().pose(pictures, torch.zeros(6))
    by_class, l2 = c.build(), c.build(by="l2")
    sure = 99 * one_hot(c.nearest_class(answers), c.SIDE**2).movedim(-1, 1).float().flatten(1)
    assert by_class.scores(sure, answers).min() > 0.85 and by_class(sure, answers) < 1e-6
    right = (answers * c.SIDE / c.REACH).flatten(1)
    assert torch.allclose(l2.painted(right), answers) and l2(right, answers) < 1e-9
    assert torch.allclose(l2.saturation(right, answers)[0], l2.saturation(right, answers)[1])
    mean = (answers.mean((0, 2, 3), keepdim=True).expand_as(answers) * c.SIDE / c.REACH).flatten(1)
    assert l2.scores(right, answers).min() > 0.999 and l2.scores(mean, answers).max() < 1e-4


def test_of_two_colours_alike_probable_l2_takes_neither():
    """The reason for classes: the mean of red and its opposite is grey, and the likelier class is a colour."""
    ends = torch.tensor([[0.4, -0.4], [-0.4, 0.4]])[:, :, None, None].expand(2, 2, 8, 8)
    outputs = torch.zeros(1, 128, requires_grad=True)
    l2 = c.build(by="l2")
    (l2(outputs, ends[:1]) + l2(outputs, ends[1:])).backward()
    assert outputs.grad.abs().max() < 1e-6, "grey is where the squared error is least"
    logits = torch.stack([one_hot(c.nearest_class(one[None])[0], 49).movedim(-1, 0) for one in ends]).float()
    likelier = (12 * (0.55 * logits[0] + 0.45 * logits[1])).flatten()[None]
    assert c.build().painted(likelier).norm(dim=1).min() > 0.4


def test_facts_follow_the_loss():
    assert c.facts_for("model", {"by": "l2"}) == {"outputs": 128}
    assert c.facts_for("model", {}) == {"outputs": 64 * 49}
