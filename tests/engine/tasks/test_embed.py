"""Reduction as a task: pictures are rebuilt, classes part on the map, a resume goes on."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.embed import METRICS, build
from tests.engine.conftest import CPU


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


def test_two_components_part_three_bars_and_all_rebuild_them(bars):
    task = build(algorithm="pca")(bars, {}, CPU)
    values = [task.evaluate()]
    for step in range(1, 60):
        task.advance(step)
        values.append(task.evaluate())
    assert values[2]["knn"] == 1 > values[0]["knn"]
    errors = [value["rebuild_error"] for value in values]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-6
    assert set(values[-1]) <= set(METRICS)


def test_panes_of_pictures_and_of_a_table(bars):
    task = build(algorithm="pca")(bars, {}, CPU)
    assert [picture.pane for picture in task.pictures()] == ["map", "rebuilt"]
    task.advance(1)
    payloads = {picture.pane: picture.payload for picture in task.pictures()}
    assert payloads["components"]["pixels"].shape == (6, 48) and payloads["rebuilt"]["pixels"].shape == (12, 60)
    rows = Split(torch.randn(60, 5), bars.train.targets), Split(torch.randn(12, 5), bars.test.targets)
    table = bars._replace(train=rows[0], test=rows[1])
    task = build(algorithm="pca")(table, {}, CPU)
    task.advance(1)
    assert [picture.pane for picture in task.pictures()] == ["map"]


def test_more_classes_than_colours_have_one(bars):
    crowd = bars._replace(classes=tuple(map(str, range(11))))
    payload = next(iter(build(algorithm="pca")(crowd, {}, CPU).pictures())).payload
    assert payload["classes"] == ["rows"] and set(payload["label"].tolist()) == {0}


def test_as_many_rows_as_asked_for_are_on_the_map(bars):
    task = build(algorithm="tsne", rows=30, perplexity=5.0)(bars, {}, CPU)
    assert len(next(iter(task.pictures())).payload["x"]) == 30


@pytest.mark.parametrize("algorithm", ["pca", "tsne"])
def test_a_resume_goes_on_from_the_buffers(bars, algorithm):
    made = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        nets = {}
        made.append((build(algorithm=algorithm, perplexity=5.0)(bars, nets, CPU), nets["algorithm"]))
    (whole, _), (begun, state), (resumed, other) = made
    for step in range(1, 4):
        whole.advance(step)
        begun.advance(step)
    other.load_state_dict(state.state_dict())
    for step in range(4, 7):
        whole.advance(step)
        resumed.advance(step)
    assert torch.equal(whole.algorithm.map(), resumed.algorithm.map())
