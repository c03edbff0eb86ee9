"""Relative position: the middle patch with each neighbour once; right predictions draw the picture as it was."""

import torch
from torch.nn.functional import one_hot

from dltui.engine.losses import relative_position


def test_each_neighbour_is_asked_for_by_its_place():
    pictures = torch.arange(9.0).view(3, 3).repeat_interleave(3, 0).repeat_interleave(3, 1)[None, None]  # a number each
    questions, answers = relative_position.build(patch=3, gap=0, jitter=0).pose(pictures, torch.zeros(1))
    assert questions.shape == (8, 2, 1, 3, 3) and answers.tolist() == list(range(8))
    assert (questions[:, 0] == 4).all()
    assert questions[:, 1, 0, 1, 1].tolist() == [0, 1, 2, 3, 5, 6, 7, 8]


def test_what_is_shown_as_true_is_the_picture_and_what_is_predicted_is_weighed():
    pictures = torch.rand(1, 1, 9, 9)
    loss = relative_position.build(patch=3, gap=0, jitter=0)
    questions, answers = loss.pose(pictures, torch.zeros(1))
    sure = 100.0 * one_hot(answers, 8)
    shown = loss.shown(questions, sure, answers)
    assert torch.allclose(shown["predicted"], shown["true place"]), "who is right and sure"
    assert torch.allclose(shown["true place"].sum(0) - 7 * shown["true place"].amin(0), pictures[0], atol=1e-6)
    unsure = loss.shown(questions, torch.zeros(8, 8), answers)["predicted"]
    assert torch.allclose(unsure[2, 0, :3, :3], questions[2, 1, 0] / 8)
    assert loss.scores(sure, answers).min() == 1 and loss.scores(sure.flip(1), answers).max() == 0
