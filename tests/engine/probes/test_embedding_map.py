"""Probes of what an autoencoder makes of rows: neighbours in its codes vote, pairs are given and rebuilt."""

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.probes import embedding_map, reconstructions
from tests.engine.tasks.test_autoencode import made


@torch.no_grad()
def test_neighbours_of_the_codes_vote_and_the_map_shows_the_codes():
    task = made()
    probe = embedding_map.build()(task)
    codes, targets = task.embed(task.rows.train.inputs), task.rows.train.targets
    want = KNeighborsClassifier(embedding_map.NEIGHBOURS).fit(codes, targets).score(codes, targets)
    assert probe.evaluate() == {"knn_accuracy": pytest.approx(want)}
    (picture,) = probe.pictures()
    assert torch.equal(torch.as_tensor(picture.payload["x"]), codes[:, 0])


@torch.no_grad()
def test_pairs_are_given_and_rebuilt():
    task = made()
    (picture,) = reconstructions.build()(task).pictures()
    above, below = torch.as_tensor(picture.payload["pixels"]).split(6)
    given = task.rows.test.inputs[: reconstructions.SHOWN]
    rebuilt = (task.net(given) * 255).round()
    assert torch.equal(above.unflatten(1, (10, 6)).transpose(0, 1).float(), (given[:, 0] * 255).round())
    assert torch.equal(below.unflatten(1, (10, 6)).transpose(0, 1).float(), rebuilt[:, 0])
