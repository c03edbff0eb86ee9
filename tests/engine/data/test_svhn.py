"""House numbers from each of their sources: the hub's rows and names, a folder of the user's, what is built in."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch
from PIL import Image

from dltui.engine.data import svhn
from tests.engine.hub_standin import card, png, standing_in


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def coloured(rows: int, seed: int) -> np.ndarray:
    """Pictures (rows, 32, 32, 3) uint8 of noise."""
    return np.random.default_rng(seed).integers(0, 256, (rows, 32, 32, 3), np.uint8)


def files() -> dict[str, bytes]:
    """A small `ufldl-stanford/svhn`: noise for photographs, the row number modulo 10 as the label."""
    made = {"README.md": card("cropped_digits")}
    for seed, (split, rows) in enumerate((("train", 20), ("test", 10))):
        images = [{"bytes": png(picture), "path": None} for picture in coloured(rows, seed)]
        file = BytesIO()
        pa.parquet.write_table(pa.table({"image": images, "label": [row % 10 for row in range(rows)]}), file)
        made[f"cropped_digits/{split}-00000-of-00001.parquet"] = file.getvalue()
    return made


def test_the_hubs_rows_come_as_they_are_in_colour(monkeypatch):
    with standing_in(monkeypatch, files()):
        data = svhn.build(train_rows=15).hub(silent)
    assert np.array_equal(data.train.inputs.numpy(), coloured(20, 0)[:15].transpose(0, 3, 1, 2))
    assert data.classes == tuple("0123456789") and data.test.targets.tolist() == list(range(10))
    assert data.facts == {"channels": 3, "size": 32, "inputs": 3072, "classes": 10}


def test_a_folder_of_class_folders_is_made_coloured_and_32_high(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("L", (50, 40), 10 * number).save(tmp_path / name / f"{number}.png")
    data = svhn.build().path(tmp_path, silent)
    assert data.classes == ("new", "old") and data.train.inputs.shape == (8, 3, 32, 32)


def test_built_in_rows_are_others_in_each_split_and_for_each_seed():
    data, other = svhn.build().builtin(), svhn.build(seed=1).builtin()
    assert data.train.inputs.shape == (12_000, 3, 32, 32) and data.test.inputs.shape == (2_000, 3, 32, 32)
    assert torch.bincount(data.train.targets).tolist() == [1200] * 10
    seen = {row.numpy().tobytes() for row in data.train.inputs}
    assert len(seen) == 12_000
    for rows in (data.test, other.train, other.test):
        assert not any(row.numpy().tobytes() in seen for row in rows.inputs)
