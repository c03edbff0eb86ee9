"""The reference that learns from labels: the question is the picture, the answer its class."""

import torch

from dltui.engine.losses import supervised


def test_the_labels_are_asked_for():
    pictures, classes = torch.rand(4, 1, 3, 3), torch.tensor([0, 2, 1, 2])
    loss = supervised.build()
    questions, answers = loss.pose(pictures, classes)
    assert questions is pictures and answers is classes
    logits = torch.eye(3)[classes] * 5
    assert loss(logits, answers) < 0.1 < loss(-logits, answers)
    assert loss.scores(logits, torch.tensor([0, 1, 1, 2])).tolist() == [1, 0, 1, 1]
    assert supervised.facts_for("model", {"classes": 3, "outputs": 7}) == {"outputs": 3}
