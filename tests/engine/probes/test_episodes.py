"""Few-shot episodes: rows shown and asked are of their classes and never the same; prototypes judged by a loop."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.losses import prototypical
from dltui.engine.probes import episodes
from dltui.engine.tasks.metric_learning import build
from dltui.errors import DltuiError
from tests.engine.conftest import context
from tests.engine.tasks.test_metric_learning import pictures


class Middle(nn.Module):
    """What tells the person, and some noise beside it."""

    def forward(self, rows):
        return torch.cat([rows[:, 0, 1:3, 1:3].flatten(1), 0.8 * rows[:, 0, 0]], 1)


@pytest.fixture
def task():
    names = tuple(f"p{number}" for number in range(14))
    faces = Dataset(pictures(range(6), 5, 0), pictures(range(6, 14), 12, 1), names, "builtin", "", {"inputs": 16})
    return build()(context(faces, {"model": Middle()}, loss=prototypical.build()))


def test_rows_shown_and_asked_are_of_one_class_and_different(task):
    shown, asked = episodes.drawn(task.new.numbers, 5)
    assert shown.shape == asked.shape == (episodes.EPISODES, 5, 5)
    rows = torch.cat([shown, asked], 2)
    assert (rows.sort(2).values.diff(dim=2) > 0).all(), "no row twice"
    classes = task.new.numbers[rows]
    assert (classes == classes[..., :1]).all()
    assert (classes[..., 0].sort(1).values.diff(dim=1) > 0).all(), "no class twice"
    assert rows.unique().numel() == len(task.new.numbers), "every row has its turn"


@torch.no_grad()
@pytest.mark.parametrize("shots", [1, 5])
def test_the_nearest_prototype_is_found_as_by_a_loop(task, shots):
    probe = episodes.build(ways=3)(task)
    x, right = task.embed(task.new.inputs), []
    for shown, asked in zip(probe.drawn.shown[:50], probe.drawn.asked[:50], strict=True):
        means = torch.stack([x[rows[:shots]].mean(0) for rows in shown])
        for own, rows in enumerate(asked):
            right += [(torch.cdist(x[row][None], means).argmin() == own).item() for row in rows]
    probe.drawn = episodes.Drawn(*(part[:50] for part in probe.drawn))
    assert probe.accuracy(x, shots, probe.closeness) == pytest.approx(sum(right) / len(right))
    assert 0.5 < sum(right) / len(right) < 1


@torch.no_grad()
def test_the_references_are_those_of_the_net_before_training_and_of_pixels(task):
    probe = episodes.build(ways=3)(task)
    first = probe.evaluate()
    assert first["untrained_5_shot"] == first["accuracy_5_shot"] > first["pixel_5_shot"]
    task.net.forward = lambda rows: torch.zeros(len(rows), 2)
    then = probe.evaluate()
    assert then["accuracy_5_shot"] == pytest.approx(1 / 3) and then["untrained_5_shot"] == first["untrained_5_shot"]
    assert set(then) == set(episodes.METRICS)
    (picture,) = probe.pictures()
    assert len(picture.payload["marks"]["x"]) == 3 and len(picture.payload["x"]) == 3 * episodes.QUERIES


def test_too_few_rows_or_classes_are_told(task):
    with pytest.raises(DltuiError, match="Episodes of 9 classes need"):
        episodes.build(ways=9)(task)
    with pytest.raises(DltuiError, match="one has 3 rows"):
        episodes.drawn(torch.arange(6).repeat_interleave(3), 5)
