"""What an update costs: which vectors it moves, and how its time grows with the vocabulary."""

import pytest
import torch

from dltui.engine.data import sentences
from dltui.engine.probes import softmax_cost
from dltui.engine.tasks import skipgram
from dltui.engine.tasks.skipgram import WordVectors, sampled_loss, softmax_loss
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def tasks():
    data = sentences.build(targets="groups", train_rows=50).builtin()
    return {scores: skipgram.build(scores=scores)(context(data)) for scores in ("all", "sampled")}


def test_samples_move_the_vectors_that_were_read_and_a_softmax_those_of_all_words():
    pairs, noise = torch.tensor([[1, 2], [3, 4]]), torch.zeros(50)
    noise[9] = 1.0
    sparse, dense = WordVectors(50, 4, sparse=True), WordVectors(50, 4)
    for net in (sparse, dense):
        torch.nn.init.normal_(net.u.weight)
    sampled_loss(sparse, pairs, noise, 3).backward()
    assert sparse.u.weight.grad.coalesce().indices()[0].tolist() == [2, 4, 9]
    assert sparse.v.weight.grad.coalesce().indices()[0].tolist() == [1, 3]
    softmax_loss(dense, pairs).backward()
    assert (dense.u.weight.grad.abs().sum(1) > 0).all()


def test_the_cost_of_a_softmax_grows_with_the_words_and_that_of_samples_does_not(tasks, monkeypatch):
    monkeypatch.setattr(softmax_cost, "TIMES", 3)
    monkeypatch.setattr(softmax_cost, "WARM", 1)
    probes = {scores: softmax_cost.build()(task) for scores, task in tasks.items()}
    found = {scores: probe.evaluate() for scores, probe in probes.items()}
    assert found["all"]["ms_20000"] > 5 * found["all"]["ms_200"]
    assert found["sampled"]["ms_20000"] < 0.5 * found["all"]["ms_20000"]
    assert probes["all"].evaluate() == found["all"], "it is measured once"
    (picture,) = probes["all"].pictures()
    assert [curve["name"] for curve in picture.payload["curves"]] == list(softmax_cost.NAMES.values())
