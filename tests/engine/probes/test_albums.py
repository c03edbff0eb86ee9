"""Albums: clusters of new classes judged as by scikit-learn, references that stay, strangers first in their row."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.losses import prototypical
from dltui.engine.probes import albums
from dltui.engine.tasks.metric_learning import build
from tests.engine.conftest import context
from tests.engine.probes.test_episodes import Middle
from tests.engine.tasks.test_metric_learning import pictures


@pytest.fixture
def task():
    names = tuple(f"p{number}" for number in range(14))
    faces = Dataset(pictures(range(6), 5, 0), pictures(range(6, 14), 12, 1), names, "builtin", "", {"inputs": 16})
    return build()(context(faces, {"model": Middle()}, loss=prototypical.build()))


@torch.no_grad()
def test_clusters_are_compared_with_the_new_classes(task):
    found = albums.build()(task).evaluate()
    for name, rows in (("ari", task.embed(task.new.inputs)), ("pixel_ari", task.new.inputs.flatten(1))):
        labels = KMeans(8, n_init=albums.STARTS, random_state=0).fit_predict(rows.double().numpy())
        assert found[name] == pytest.approx(adjusted_rand_score(task.new.numbers.numpy(), labels))
    assert found["untrained_ari"] == found["ari"]


@torch.no_grad()
def test_references_stay_and_perfect_embeddings_are_told(task):
    probe = albums.build()(task)
    first = probe.evaluate()
    task.net.forward = lambda rows: torch.nn.functional.one_hot(task.new.numbers, 8).float()
    after = probe.evaluate()
    assert after["ari"] == 1 > first["ari"]
    assert (after["untrained_ari"], after["pixel_ari"]) == (first["untrained_ari"], first["pixel_ari"])


@torch.no_grad()
def test_who_does_not_belong_in_an_album_stands_first(task):
    probe = albums.build()(task)
    clusters = task.new.numbers.clone()
    stray = int((task.new.numbers == 1).nonzero()[-1])
    clusters[stray] = 0
    probe.clusters = lambda embeddings: clusters.numpy()
    (picture,) = probe.pictures()
    assert picture.payload["row_titles"][:2] == ["1: 12 of 13 alike", "2: 11 of 11 alike"]
    cell = task.new.inputs.shape[2]
    first = picture.payload["pixels"][:cell, :cell] / 255
    assert np.allclose(first, task.new.inputs[stray, 0].numpy(), atol=1 / 255)
