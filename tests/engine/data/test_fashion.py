"""Clothes from each of their sources: the hub's rows and names, a folder of the user's, what is built in."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch
from PIL import Image

from dltui.engine.data import fashion
from tests.engine.hub_standin import card, pictures, png, standing_in


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def files() -> dict[str, bytes]:
    """A small `zalando-datasets/fashion_mnist`: noise for clothes, the row number modulo 10 as the label."""
    made = {"README.md": card("fashion_mnist")}
    for seed, (split, rows) in enumerate((("train", 20), ("test", 10))):
        images = [{"bytes": png(picture), "path": None} for picture in pictures(rows, seed)]
        file = BytesIO()
        pa.parquet.write_table(pa.table({"image": images, "label": [row % 10 for row in range(rows)]}), file)
        made[f"fashion_mnist/{split}-00000-of-00001.parquet"] = file.getvalue()
    return made


def test_the_hubs_rows_come_as_they_are_with_the_names_of_clothes(monkeypatch):
    with standing_in(monkeypatch, files()):
        data = fashion.build(train_rows=15).hub(silent)
    assert np.array_equal(data.train.inputs[:, 0].numpy(), pictures(20, 0)[:15])
    assert data.classes[8] == "bag" and data.test.targets.tolist() == list(range(10))
    assert data.facts == {"channels": 1, "size": 28, "inputs": 784, "classes": 10}


def test_a_folder_of_class_folders_is_made_grey_and_28_high(tmp_path):
    for name in ("hat", "sock"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("RGB", (50, 40), (10 * number, 0, 0)).save(tmp_path / name / f"{number}.png")
    data = fashion.build().path(tmp_path, silent)
    assert data.classes == ("hat", "sock") and data.train.inputs.shape == (8, 1, 28, 28)


def test_built_in_rows_are_others_in_each_split_and_for_each_seed():
    data, other = fashion.build().builtin(), fashion.build(seed=1).builtin()
    assert data.train.inputs.shape == (12_000, 1, 28, 28) and data.test.inputs.shape == (2_000, 1, 28, 28)
    assert torch.bincount(data.train.targets).tolist() == [1200] * 10
    seen = {row.numpy().tobytes() for row in data.train.inputs}
    assert len(seen) == 12_000
    for rows in (data.test, other.train, other.test):
        assert not any(row.numpy().tobytes() in seen for row in rows.inputs)
