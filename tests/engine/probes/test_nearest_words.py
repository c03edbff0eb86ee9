"""Nearest words: the greatest cosines, never the word itself; hits count only a word's own group or tag."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from dltui.engine.data import sentences
from dltui.engine.generators.word_groups import GROUPS
from dltui.engine.models import lstm
from dltui.engine.probes.nearest_words import build
from dltui.engine.reading.sentences import SPECIAL
from dltui.engine.tasks import skipgram, tag
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return sentences.build(targets="groups", train_rows=300).builtin()


def looking(data):
    torch.manual_seed(0)
    return build()(skipgram.build()(context(data)))


def test_neighbours_are_the_greatest_cosines_and_never_the_word_itself(data):
    probe = looking(data)
    with torch.no_grad():
        near = probe._nearest(torch.tensor([9]))[0].tolist()
    v = probe.net.v.weight
    others = [word for word in range(len(SPECIAL), len(v)) if word != 9]
    want = sorted(others, key=lambda word: -cosine_similarity(v[9], v[word], dim=0).item())[:5]
    assert near == want


def test_the_hit_rate_is_one_where_groups_are_apart_and_chance_where_they_are_not(data):
    probe = looking(data)
    with torch.no_grad():
        blind = probe.evaluate()
        assert blind["hit_rate"] == pytest.approx(blind["chance"], abs=0.06)
        probe.net.v.weight.normal_(std=0.01)
        probe.net.v.weight[probe.grouped, probe.group[probe.grouped]] += 1
        assert probe.evaluate()["hit_rate"] == 1
        probe.net.v.weight.fill_(0.5)
        assert probe.evaluate()["mean_cosine"] == pytest.approx(1, abs=1e-4)


def test_the_table_shows_a_word_of_each_group_and_how_many_neighbours_are_of_it(data):
    probe = looking(data)
    with torch.no_grad():
        table, scatter = (picture.payload for picture in probe.pictures())
    group_of = {word: name for name, words in GROUPS.items() for word in words.split()}
    groups = [group_of[row[0]] for row in table["rows"]]
    assert groups == list(data.classes)
    for row, group in zip(table["rows"], groups, strict=True):
        assert row[1] == f"{sum(group_of.get(word) == group for word in row[2:])}/5"
    read = {data.vocabularies[0][number] for number in data.train.inputs.unique().tolist()}
    assert len(scatter["x"]) == len(probe.grouped) == len(read & group_of.keys())


def test_a_text_without_groups_has_neighbours_too(data):
    plain = data._replace(classes=())
    probe = looking(plain)
    with torch.no_grad():
        [table] = (picture.payload for picture in probe.pictures())
        assert "hit_rate" not in probe.evaluate() and len(table["rows"]) == 10


def test_of_tagged_sentences_a_words_group_is_its_commonest_tag():
    data = sentences.build(targets="tags", train_rows=200).builtin()
    net = lstm.build(symbols=data.facts["symbols"], outputs=10, embedding=10, hidden=4)
    probe = build()(tag.build()(context(data, {"model": net})))
    assert data.classes[probe.group[data.vocabularies[0].index("the")]] == "DET"
    with torch.no_grad():
        net.embed.weight.normal_(std=0.01)
        net.embed.weight[probe.grouped, probe.group[probe.grouped]] += 1
        sizes = probe.group[probe.grouped].bincount()
        few = sum(int(size) * (5 - min(5, int(size) - 1)) for size in sizes)  # groups of fewer than six words
        assert probe.evaluate()["hit_rate"] == pytest.approx(1 - few / (5 * len(probe.grouped)))
