"""Pretext tasks: the loss poses the questions, scores are means of each picture's, and labels are not looked at."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.losses import rotation, supervised
from dltui.engine.tasks.pretext import METRICS, SHOWN, build
from tests.engine.conftest import context


def split(rows: int, seed: int) -> Split:
    """Pictures with a bright spot below the upper left corner of the blank ones: any turn can be told."""
    generator = torch.Generator().manual_seed(seed)
    pictures = 0.2 * torch.rand(rows, 1, 4, 4, generator=generator)
    targets = torch.arange(rows) % 3
    pictures[:, 0, 0, 1] = 1
    return Split(pictures, targets)


@pytest.fixture
def data() -> Dataset:
    return Dataset(split(60, 0), split(30, 1), ("a", "b", "c"), "builtin", "", {"channels": 1, "size": 4, "classes": 3})


class Net(nn.Module):
    def __init__(self, outputs: int):
        super().__init__()
        self.head = nn.Linear(16, outputs)

    def embed(self, pictures):
        return pictures.flatten(1)

    def forward(self, questions):
        return self.head(self.embed(questions))


def made(data, loss, outputs):
    torch.manual_seed(0)
    return build()(context(data, {"model": Net(outputs)}, loss=loss))


def trained(task, steps=50):
    optimizer = torch.optim.Adam(task.net.parameters(), 0.1)
    for _ in range(steps):
        loss = task.loss(torch.arange(60))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return task


def test_turns_are_learned_without_a_look_at_the_labels(data):
    task = trained(made(data, rotation.build(), 4))
    assert task.evaluate() == {"pretext_accuracy": 1.0}
    other = data._replace(train=data.train._replace(targets=data.train.targets.flip(0)))
    again = trained(made(other, rotation.build(), 4))
    assert torch.equal(task.net.head.weight, again.net.head.weight)


def test_the_supervised_reference_does_look_at_them(data):
    task = made(data, supervised.build(), 3)
    other = data._replace(train=data.train._replace(targets=(data.train.targets + 1) % 3))
    rows = torch.arange(60)
    assert task.loss(rows) != made(other, supervised.build(), 3).loss(rows)


@torch.no_grad()
def test_a_score_is_the_mean_over_the_questions_of_a_picture(data):
    """Guards the order: all questions about a picture stand together."""
    task = made(data, rotation.build(), 4)
    questions, answers = task.pretext.pose(data.test.inputs, data.test.targets)
    right = (task.net(questions).argmax(1) == answers).float()
    assert torch.allclose(
        task.scores(task.rows.test), torch.stack([right[4 * n : 4 * n + 4].mean() for n in range(30)])
    )


@torch.no_grad()
def test_pictures_show_a_question_each_and_the_score_of_each_class(data):
    task = made(data, rotation.build(), 4)
    questions, by_class = task.pictures()
    payload = questions.payload
    assert payload["columns"] == SHOWN and payload["row_titles"] == ["turned", "turned back"]
    scores = task.scores(task.rows.test)
    want = [scores[data.test.targets == number].mean().item() for number in range(3)]
    assert by_class.payload["labels"] == ["a", "b", "c"]
    assert list(by_class.payload["values"]) == pytest.approx(want)
    assert set(task.evaluate()) <= set(METRICS)
