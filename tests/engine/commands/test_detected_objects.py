"""Boxes in pictures of the user's own: found by a net in its size, told in theirs, written as COCO reads them."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO

from dltui.cli import coco_boxes
from dltui.engine.commands import detected_objects
from dltui.engine.commands.predict import predict
from dltui.engine.layers.boxes import Boxes
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from tests.forked import ended, start_engine

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("DLTUI_HOME", str(tmp_path_factory.mktemp("home")))
    recipe = recipes.load("yolo", {"train.steps": 2, "data.from": "builtin", "train.evaluate_every": 2})
    run = runs.create("yolo", recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    yield run
    patch.undo()


def test_boxes_are_told_in_the_pixels_of_the_picture_the_surest_first(trained, tmp_path, monkeypatch, capsys):
    """A photograph twice as wide as high is stretched for the net, and its boxes are stretched back."""
    opened = detected_objects.open_learner

    def finds_two(*given):
        learner, data = opened(*given)
        size = data.facts["size"]
        two = torch.tensor([[0, 0, size / 2, size / 4], [size / 4, size / 2, size + 9, size]])
        monkeypatch.setattr(learner.task, "predictions", lambda inputs, least: [
            Boxes(two, torch.tensor([0, 1]), torch.tensor([0.6, 0.9]))
        ])  # fmt: skip
        return learner, data

    monkeypatch.setattr(detected_objects, "open_learner", finds_two)
    Image.fromarray(np.zeros((200, 400, 3), np.uint8)).save(tmp_path / "wide.png")
    (tmp_path / "none.png").write_bytes(b"no picture")
    answer = predict(trained, [tmp_path / "none.png", tmp_path / "wide.png"], "", tmp_path)
    broken, row = answer["rows"]
    assert "not a picture" in broken["error"]
    names = answer["classes"]
    assert [found["label"] for found in row["objects"]] == [names[1], names[0]]
    assert [found["box"] for found in row["objects"]] == [[100, 100, 300, 100], [0, 0, 200, 50]]
    assert row["done"][-1].startswith("stretched from 400 x 200 pixels to")
    assert (tmp_path / answer["seen"]["file"]).exists() and len(answer["seen"]["boxes"]) == 2

    coco_boxes.write(tmp_path / "found.json", answer)
    read = COCO(str(tmp_path / "found.json"))
    capsys.readouterr()
    assert [read.anns[number]["bbox"] for number in (1, 2)] == [[100, 100, 300, 100], [0, 0, 200, 50]]
    assert read.loadImgs([1])[0]["width"] == 400 and read.cats[1]["name"] == names[0]
    assert json.loads((tmp_path / "found.json").read_text())["annotations"][0]["category_id"] == 2


def test_a_folder_is_no_file_for_the_boxes(tmp_path):
    with pytest.raises(DltuiError, match="a folder"):
        coco_boxes.check(tmp_path)


def test_what_the_net_itself_finds_lies_in_the_picture(trained, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (90, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    (row,) = predict(trained, [tmp_path / "noise.png"], "", tmp_path)["rows"]
    for found in row["objects"]:
        x, y, width, height = found["box"]
        assert x >= 0 and y >= 0 and x + width <= 60.1 and y + height <= 90.1 and 0 < found["score"] <= 1
