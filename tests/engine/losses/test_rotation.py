"""Rotation: the four turns of a picture, and what the net believes turned back; light that gives the turn away."""

import torch

from dltui.engine.losses import rotation


def test_each_picture_is_asked_in_all_four_turns():
    pictures = torch.rand(3, 2, 5, 5)
    questions, answers = rotation.build().pose(pictures, torch.zeros(3))
    assert answers.tolist() == [0, 1, 2, 3] * 3
    for place, (question, turn) in enumerate(zip(questions, answers.tolist(), strict=True)):
        assert torch.equal(question, torch.rot90(pictures[place // 4], turn, (1, 2)))


def test_a_right_answer_turns_the_picture_back():
    """Guards the sign of the turn: a net that is right would show its pictures on their heads."""
    pictures = torch.rand(2, 1, 4, 4)
    loss = rotation.build()
    questions, answers = loss.pose(pictures, torch.zeros(2))
    outputs = torch.nn.functional.one_hot(answers, 4).float()
    back = loss.shown(questions, outputs, answers)["turned back"]
    assert torch.equal(back, pictures.repeat_interleave(4, 0))
    assert loss.scores(outputs, answers).min() == 1 and loss.scores(-outputs, answers).max() == 0


def test_light_alone_tells_the_turn_of_a_blank_picture():
    blank = torch.zeros(1, 1, 6, 6)
    plain, _ = rotation.build().pose(blank, torch.zeros(1))
    assert torch.equal(plain, torch.zeros_like(plain))
    lit, turns = rotation.build(light=0.3).pose(blank, torch.zeros(1))
    sides = torch.stack([lit[:, 0, 0].sum(1), lit[:, 0, :, 0].sum(1), lit[:, 0, -1].sum(1), lit[:, 0, :, -1].sum(1)], 1)
    assert torch.equal(sides.argmax(1), turns), "the top goes to the left, then below, then to the right"
