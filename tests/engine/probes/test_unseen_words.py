"""Nearest words of those never seen: hits by hand, on vectors that are put there."""

import pytest
import torch

from dltui.engine.data import declined_nouns
from dltui.engine.probes.unseen_words import build
from dltui.engine.tasks import skipgram
from tests.engine.conftest import context


@pytest.fixture
def task():
    torch.manual_seed(0)
    return skipgram.build()(context(declined_nouns.build(train_rows=400, test_rows=100).builtin()))


def test_vectors_by_noun_hit_always_and_vectors_at_random_hardly_ever(task):
    probe = build()(task)
    at_random = probe.evaluate()
    with torch.no_grad():
        directions = torch.randn(len(probe.classes) + 1, task.net.v.embedding_dim)
        task.net.v.weight.copy_(directions[probe.noun] + 0.01 * torch.randn_like(task.net.v.weight))
        by_noun = probe.evaluate()
    assert by_noun["unseen_hits"] > 0.95 and by_noun["seen_hits"] > 0.95
    assert at_random["unseen_hits"] < 0.2 and 0 < at_random["unseen_chance"] < 0.05
    assert by_noun["unseen"] == len(probe.unseen) > 20


def test_no_nearest_word_is_unseen_or_the_word_itself(task):
    probe = build()(task)
    words = torch.cat([probe.unseen, probe.seen])
    near = probe._nearest(words, 3)
    assert not (near == words[:, None]).any() and torch.isin(near, probe.known).all()
    (picture,) = probe.pictures()
    assert picture.payload["rows"][0][0] in {task.rows.vocabularies[0][word] for word in probe.unseen.tolist()}
