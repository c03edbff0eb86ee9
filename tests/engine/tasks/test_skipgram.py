"""Skip-gram: its pairs, its loss by the formula, neighbours that count only their own group; and the wrong twin."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from dltui.engine.data import corpus
from dltui.engine.models import word_vectors
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.skipgram import build, neighbours, thinned
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return corpus.build(train_rows=300).builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(**options)(data, {"model": word_vectors.build(**data.facts)}, CPU)


def test_pairs_are_all_words_within_the_window_and_of_one_sentence():
    """Guards both sides of the window."""
    assert neighbours([[5, 6, 7], [8]], 1).tolist() == [[5, 6], [6, 5], [6, 7], [7, 6]]
    assert len(neighbours([[5, 6, 7, 8]], 9)) == 12


def test_thinning_keeps_words_only_and_common_ones_as_often_as_told():
    torch.manual_seed(0)
    keep = torch.tensor([1.0, 1, 1, 1, 0.25, 1])
    kept = thinned(torch.tensor([[4, 5, END, PAD]]).expand(4000, -1), keep)
    assert all(set(words) <= {4, 5} for words in kept)
    assert sum(words.count(5) for words in kept) == 4000
    assert sum(words.count(4) for words in kept) / 4000 == pytest.approx(0.25, abs=0.03)


def test_the_loss_is_the_papers(data):
    """Guards the sign of the negative term: flipped, this differs."""
    task = made(data, negatives=3)
    with torch.no_grad():
        task.net.u.weight.normal_()
        task.net.v.weight.normal_()
        rows = torch.arange(7)
        torch.manual_seed(5)
        found = task.loss(rows)
        torch.manual_seed(5)
        drawn = torch.multinomial(task.noise, 21, replacement=True).view(7, 3)
    total = 0.0
    for (c, o), negatives in zip(task.pairs[rows].tolist(), drawn.tolist(), strict=True):
        v, u = task.net.v.weight[c], task.net.u.weight
        total -= torch.sigmoid(u[o] @ v).log() + sum(torch.sigmoid(-u[n] @ v).log() for n in negatives)
    torch.testing.assert_close(found, total / 7)


def test_negatives_are_drawn_by_the_power_of_the_count_and_never_a_sign(data):
    """Guards the power: by the bare count common words would be drawn too often."""
    task = made(data)
    counts = data.train.inputs.flatten().bincount(minlength=len(task.words)).float()
    first, second = len(SPECIAL), int(torch.where(counts > 1, counts, torch.inf).argmin())
    assert not task.noise[: len(SPECIAL)].any() and counts[first] > 20 * counts[second] > 0  # else all powers are alike
    torch.testing.assert_close(task.noise[first] / task.noise[second], (counts[first] / counts[second]) ** 0.75)


def test_neighbours_are_the_greatest_cosines_and_never_the_word_itself(data):
    task = made(data)
    with torch.no_grad():
        near = task._nearest(torch.tensor([9]))[0].tolist()
    v = task.net.v.weight
    others = [word for word in range(len(SPECIAL), len(v)) if word != 9]
    want = sorted(others, key=lambda word: -cosine_similarity(v[9], v[word], dim=0).item())[:5]
    assert near == want


def test_the_hit_rate_is_one_where_groups_are_apart_and_chance_where_they_are_not(data):
    task = made(data)
    with torch.no_grad():
        blind = task.evaluate()
        assert blind["hit_rate"] == pytest.approx(blind["chance"], abs=0.06)
        task.net.v.weight.normal_(std=0.01)
        task.net.v.weight[task.grouped, task.group[task.grouped]] += 1
        assert task.evaluate()["hit_rate"] == 1
        task.net.v.weight.fill_(0.5)
        assert task.evaluate()["likeness"] == pytest.approx(1, abs=1e-4)


def test_without_negatives_the_vectors_turn_the_same_way(data):
    """The wrong twin: its loss falls to nothing while its vectors become alike; those of the right one part."""
    found = []
    for negatives in (5, 0):
        task = made(data, negatives=negatives)
        optimizer = torch.optim.Adam(task.net.parameters(), 0.01)
        for _ in range(300):
            optimizer.zero_grad()
            task.loss(torch.randint(task.rows, (128,))).backward()
            optimizer.step()
        with torch.no_grad():
            found.append(task.evaluate())
    right, twin = found
    assert twin["test_loss"] < 0.05 and twin["likeness"] > 0.8 > 0.6 > right["likeness"]
    assert right["hit_rate"] > 5 * right["chance"]


def test_the_table_shows_a_word_of_each_group_and_how_many_neighbours_are_of_it(data):
    task = made(data)
    with torch.no_grad():
        table, scatter = (picture.payload for picture in task.pictures())
    groups = [data.vocabularies[1][data.vocabularies[0].index(row[0])] for row in table["rows"]]
    assert groups == list(data.classes)
    for row, group in zip(table["rows"], groups, strict=True):
        same = sum(data.vocabularies[1][data.vocabularies[0].index(word)] == group for word in row[2:])
        assert row[1] == f"{same}/5"
    assert len(scatter["x"]) == len(task.grouped) == sum(map(bool, data.vocabularies[1]))


def test_a_text_without_groups_has_neighbours_too(data):
    plain = data._replace(vocabularies=data.vocabularies[:1], classes=())
    task = made(plain)
    with torch.no_grad():
        [table] = (picture.payload for picture in task.pictures())
        assert "hit_rate" not in task.evaluate() and len(table["rows"]) == 10


def test_it_wants_sentences(data):
    with pytest.raises(DltuiError, match="needs sentences"):
        build()(data._replace(vocabularies=()), {"model": word_vectors.build()}, CPU)
