"""NT-Xent: equal to its formula written out, the other view found, two views of one picture that differ."""

import math

import pytest
import torch
from torch.nn.functional import one_hot

from dltui.engine.losses import contrastive


def test_the_loss_is_that_of_the_paper():
    torch.manual_seed(0)
    outputs, t = torch.randn(8, 5), 0.3
    loss = contrastive.build(temperature=t)(outputs, torch.arange(8) ^ 1)
    z = [row / row.norm() for row in outputs]
    each = []
    for i in range(8):
        others = sum(math.exp(float(z[i] @ z[k]) / t) for k in range(8) if k != i)
        each.append(-math.log(math.exp(float(z[i] @ z[i ^ 1]) / t) / others))
    assert float(loss) == pytest.approx(sum(each) / 8, rel=1e-5)


def test_views_of_one_picture_stand_side_by_side_and_differ():
    torch.manual_seed(0)
    pictures = torch.zeros(6, 1, 12, 12)
    pictures[:, :, 5:7, 5:7] = torch.linspace(0.2, 1, 6).view(-1, 1, 1, 1)
    views, answers = contrastive.build(changes=["crop"]).pose(pictures, torch.zeros(6))
    assert torch.equal(views.amax((1, 2, 3)), pictures.amax((1, 2, 3)).repeat_interleave(2))
    assert answers.tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10]
    assert not torch.equal(views[::2], views[1::2])
    same, _ = contrastive.build(changes=[]).pose(pictures, torch.zeros(6))
    assert torch.equal(same[::2], same[1::2])


def test_a_score_is_whether_the_nearest_other_view_is_of_the_same_picture():
    loss, answers = contrastive.build(), torch.arange(6) ^ 1
    pairs = one_hot(torch.arange(6) // 2).float()
    assert loss.scores(pairs, answers).tolist() == [1] * 6
    strangers = one_hot(torch.tensor([0, 1, 2, 0, 1, 2])).float()
    assert loss.scores(strangers, answers).tolist() == [0] * 6


def test_the_nearest_view_is_shown_below_its_question():
    loss, views = contrastive.build(), torch.rand(6, 1, 4, 4)
    outputs = one_hot(torch.tensor([0, 1, 2, 0, 1, 2])).float()
    shown = loss.shown(views, outputs, torch.arange(6) ^ 1)
    assert torch.equal(shown["view"], views[::2]) and torch.equal(shown["other view"], views[1::2])
    assert torch.equal(shown["nearest"], views[[3, 5, 1]])
