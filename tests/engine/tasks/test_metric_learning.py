"""Metric learning: a positive is another picture of the same person; the gate knows strangers from one picture each."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.losses import prototypical, triplet
from dltui.engine.tasks.metric_learning import METRICS, build, nearest
from dltui.errors import DltuiError
from tests.engine.conftest import context


def pictures(people: range, each: int, seed: int) -> Split:
    """Grey pictures; the middle four pixels tell the person, the others are noise."""
    generator = torch.Generator().manual_seed(seed)
    who = torch.tensor([person for person in people for _ in range(each)])[
        torch.randperm(len(people) * each, generator=generator)
    ]
    rows = torch.rand(len(who), 1, 4, 4, generator=generator)
    rows[:, 0, 1:3, 1:3] = torch.rand(100, 2, 2, generator=torch.Generator().manual_seed(9))[who]
    return Split(rows, who)


@pytest.fixture
def faces() -> Dataset:
    names = tuple(f"p{number}" for number in range(12))
    return Dataset(pictures(range(6), 5, 0), pictures(range(6, 12), 6, 1), names, "builtin", "", {"inputs": 16})


class Middle(nn.Module):
    def forward(self, rows):
        return rows[:, 0, 1:3, 1:3].flatten(1)


def made(faces, net, **options):
    torch.manual_seed(0)
    return build()(context(faces, {"model": net}, loss=triplet.build(**options)))


def test_the_positive_is_another_picture_of_the_same_person(faces):
    """Guards the draw: an anchor that is its own positive teaches nothing."""
    task = made(faces, Middle())
    rows, drawn = torch.arange(len(task.rows.train)), []
    for _ in range(60):
        others = task.others(rows)
        assert (others != rows).all() and torch.equal(task.rows.train.targets[others], task.rows.train.targets[rows])
        drawn.append(others)
    assert all(len(set(of_row)) == 4 for of_row in torch.stack(drawn, 1).tolist()), "each of the others is drawn"


def test_what_tells_the_person_opens_the_gate(faces):
    found = made(faces, Middle()).evaluate()
    assert found["one_shot"] == 1 and found["distance_gap"] > 0.1
    assert found["pixel_one_shot"] < 0.9 and set(found) <= set(METRICS)


def test_a_wrong_person_at_the_gate_counts_as_wrong(faces):
    """Guards the numbers of the people: with chance embeddings about one in six is right."""

    class Noise(nn.Module):
        def forward(self, rows):
            return torch.randn(len(rows), 8)

    task = made(faces, Noise())
    assert sum(task.evaluate()["one_shot"] for _ in range(10)) / 10 == pytest.approx(1 / 6, abs=0.1)


@pytest.mark.parametrize("negatives", ["all", "hardest"])
def test_it_learns(faces, negatives):
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 8))
    task = made(faces, net, negatives=negatives)
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    before, losses = task.evaluate()["one_shot"], []
    for _ in range(150):
        loss = task.loss(torch.arange(len(task.rows.train)))
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
    with torch.no_grad():
        assert task.evaluate()["one_shot"] > before


def test_the_gate_shows_who_is_near_and_who_is_right(faces):
    shown = {picture.pane: picture.payload for picture in made(faces, Middle()).pictures()}
    captions = shown["gate"]["captions"]
    assert captions[::4] == ["who?"] * 4 and all("right" in caption for caption in captions[1::4])
    distances = [float(caption.split()[0]) for caption in captions[1:4]]
    assert distances == sorted(distances)
    assert shown["new people"]["classes"] == [f"p{number}" for number in range(6, 12)]


def test_the_nearest_comes_first():
    far, found = nearest(torch.tensor([[0.0], [5.0]]), torch.tensor([[4.0], [1.0], [9.0]]))
    assert found[0].tolist() == [1, 0, 2] and found[1, 0] == 0
    assert far.tolist() == [[1, 4, 9], [1, 4, 4]]


def test_embeddings_are_of_length_one_unless_the_loss_wants_them_as_they_are(faces):
    rows = torch.rand(5, 1, 4, 4)
    assert torch.allclose(made(faces, Middle()).embed(rows).norm(dim=1), torch.ones(5))
    task = build()(context(faces, {"model": Middle()}, loss=prototypical.build()))
    assert torch.equal(task.embed(rows), Middle()(rows))


def test_a_class_with_a_single_test_row_is_left_out_and_where_all_are_so_it_is_told(faces):
    """Such a class of somebody's own pictures ended the run with an error of torch's."""
    rows, who = faces.test
    alone = (who == who[0]).nonzero()[1:].flatten()
    kept = torch.tensor([row for row in range(len(who)) if row not in alone.tolist()])
    task = made(faces._replace(test=Split(rows[kept], who[kept])), Middle())
    assert who[0].item() not in task.new.targets.tolist() and len(task.new.enrolments) == 4
    once = torch.stack([(who == person).nonzero()[0, 0] for person in who.unique()])
    with pytest.raises(DltuiError, match="none of the classes of the 6 test rows has two"):
        made(faces._replace(test=Split(rows[once], who[once])), Middle())
