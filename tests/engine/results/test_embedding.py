"""An embedding as a result: pictures are reconstructed, classes stay apart on the map."""

import pytest
import torch

from dltui.engine.algorithms import pca, tsne
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.results import embedding
from tests.engine.conftest import context


@pytest.fixture
def bars():
    """Pictures of 6 x 6 pixels, a bar in one of three places."""

    def split(rows, seed):
        generator = torch.Generator().manual_seed(seed)
        targets = torch.arange(rows) % 3
        pictures = torch.randint(0, 60, (rows, 1, 6, 6), generator=generator)
        for place in range(3):
            pictures[targets == place, :, 2 * place : 2 * place + 2] += 150
        return Split(pictures.to(torch.uint8), targets)

    return Dataset(split(60, 0), split(12, 1), ("top", "middle", "bottom"), "builtin", "", {"classes": 3})


def made(data, module, **options):
    torch.manual_seed(0)
    algorithm = module.build(**options)(context(data))
    return algorithm, embedding.build()(algorithm, context(data))


def test_two_components_part_three_bars_and_all_reconstruct_them(bars):
    algorithm, result = made(bars, pca)
    values = [result.evaluate()]
    while not algorithm.done:
        algorithm.step()
        values.append(result.evaluate())
    assert values[2]["knn_accuracy"] == 1 > values[0]["knn_accuracy"]
    errors = [value["reconstruction_error"] for value in values]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-6
    assert set(values[-1]) == set(embedding.METRICS)


def test_panes_of_pictures_and_of_a_table(bars):
    algorithm, result = made(bars, pca)
    assert [picture.pane for picture in result.pictures()] == ["map", "rebuilt"]
    algorithm.step()
    payloads = {picture.pane: picture.payload for picture in result.pictures()}
    assert payloads["components"]["pixels"].shape == (6, 48) and payloads["rebuilt"]["pixels"].shape == (12, 60)
    rows = Split(torch.randn(60, 5), bars.train.targets), Split(torch.randn(12, 5), bars.test.targets)
    algorithm, result = made(bars._replace(train=rows[0], test=rows[1]), pca)
    algorithm.step()
    assert [picture.pane for picture in result.pictures()] == ["map"]


def test_more_classes_than_colours_have_one(bars):
    _, result = made(bars._replace(classes=tuple(map(str, range(11)))), pca)
    payload = next(iter(result.pictures())).payload
    assert payload["classes"] == ["rows"] and set(payload["label"].tolist()) == {0}


def test_as_many_rows_as_asked_for_are_on_the_map(bars):
    algorithm, result = made(bars, tsne, rows=30, perplexity=5.0)
    assert len(next(iter(result.pictures())).payload["x"]) == 30
    assert set(result.evaluate()) == {"knn_accuracy"} and set(algorithm.evaluate()) <= set(tsne.METRICS)


class TwoPixels:
    """All that a new embedding must have: the first two numbers of a row."""

    def __init__(self, context):
        self.embedding = context.rows.train.inputs.flatten(1)[:, :2]


def test_a_new_embedding_needs_places_alone(bars):
    result = embedding.build()(TwoPixels(context(bars)), context(bars))
    assert [picture.pane for picture in result.pictures()] == ["map"]
    assert 0.5 < result.evaluate()["knn_accuracy"] <= 1  # the topmost pixels tell one class of three
