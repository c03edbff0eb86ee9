"""CIFAR-10 from each of its sources: the hub's columns and classes, a folder of the user's, what is built in."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch
from PIL import Image

from dltui.engine.data import cifar10
from dltui.errors import DltuiError
from tests.engine.hub_standin import card, png, standing_in


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def coloured(rows: int, seed: int) -> np.ndarray:
    """Pictures (rows, 32, 32, 3) uint8 of noise."""
    return np.random.default_rng(seed).integers(0, 256, (rows, 32, 32, 3), np.uint8)


def files(image: str = "img") -> dict[str, bytes]:
    """A small `uoft-cs/cifar10`: noise for photographs, the row number modulo 10 as the label."""
    made = {"README.md": card("plain_text")}
    for seed, (split, rows) in enumerate((("train", 20), ("test", 10))):
        images = [{"bytes": png(picture), "path": None} for picture in coloured(rows, seed)]
        file = BytesIO()
        pa.parquet.write_table(pa.table({image: images, "label": [row % 10 for row in range(rows)]}), file)
        made[f"plain_text/{split}-00000-of-00001.parquet"] = file.getvalue()
    return made


def test_the_hubs_rows_come_in_colour_channels_first(monkeypatch):
    with standing_in(monkeypatch, files()) as server:
        data = cifar10.build().hub(silent)
        asked = len(server.asked)
        mapped = cifar10.build(train_rows=5).hub(silent)
        assert len(server.asked) == asked, "what is in the cache needs no hub"
    assert np.array_equal(data.train.inputs.numpy(), coloured(20, 0).transpose(0, 3, 1, 2))
    assert data.test.targets.tolist() == list(range(10))
    assert data.classes[3] == "cat" and data.facts == {"channels": 3, "size": 32, "inputs": 3072, "classes": 10}
    assert torch.equal(mapped.train.inputs, data.train.inputs[:5])


def test_columns_of_other_names_are_refused(monkeypatch):
    with (
        standing_in(monkeypatch, files("image")),
        pytest.raises(DltuiError, match="expected a column img, found image, label"),
    ):
        cifar10.build().hub(silent)


def test_a_folder_of_class_folders_is_made_coloured_and_32_high(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("L", (50, 40), 10 * number).save(tmp_path / name / f"{number}.png")
    data = cifar10.build().path(tmp_path, silent)
    assert data.classes == ("cat", "dog") and data.train.inputs.shape == (8, 3, 32, 32)


def test_built_in_rows_fill_both_splits_with_different_shapes():
    data = cifar10.build().builtin()
    assert data.train.inputs.shape == (10_000, 3, 32, 32) and data.test.inputs.shape == (2_000, 3, 32, 32)
    assert data.train.inputs.dtype == torch.uint8 and data.train.targets.dtype == torch.int64
    assert torch.bincount(data.train.targets).tolist() == [1000] * 10
    seen = {row.numpy().tobytes() for row in data.train.inputs}
    assert len(seen) == 10_000 and not any(row.numpy().tobytes() in seen for row in data.test.inputs)
