"""The mel spectrogram shown: step by step for one frame, then frame by frame."""

import numpy as np
import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.mel import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def words() -> Dataset:
    generator = torch.Generator().manual_seed(0)
    rows = Split(torch.rand(4, 2400, generator=generator) * 2 - 1, torch.tensor([0, 1, 0, 1]))
    return Dataset(rows, rows, ("yes", "no"), "builtin", "noise", {"rate": 8000, "classes": 2, "inputs": 2400})


def made(words, steps):
    torch.manual_seed(0)
    task = build()(words, {}, CPU)
    task.advance(steps)
    return task, {picture.pane: picture.payload for picture in task.pictures()}


def test_the_steps_come_one_after_the_other(words):
    names = []
    for steps in range(6):
        _, shown = made(words, steps)
        curves = [
            curve["name"] for pane in ("the frame", "its spectrum") for curve in shown.get(pane, {}).get("curves", ())
        ]
        names.append(len(curves))
        filled = np.isfinite(shown["mel spectrogram"]["values"]).any(0).sum()
        assert filled == (steps == 5)
    assert names == [1, 1, 2, 3, 4, 5]


def test_then_the_frames_fill_the_picture(words):
    task, shown = made(words, 5 + 12)
    known = np.isfinite(shown["mel spectrogram"]["values"]).any(0)
    assert known[:12].all() and known[12:].sum() == (task.first >= 12)
    task, shown = made(words, 1000)
    assert np.isfinite(shown["mel spectrogram"]["values"]).all()
    assert task.evaluate()["steps_shown"] == 5 + len(task.frames)


def test_it_equals_torchaudios_on_the_word(words):
    found = made(words, 10)[0].evaluate()
    assert found["error"] <= 1e-5 and found["log_error"] <= 1e-4


def test_the_product_is_that_of_samples_and_window(words):
    _, before = made(words, 1)
    _, after = made(words, 2)
    samples = before["the frame"]["curves"][0]["y"]
    product, window = (curve["y"] for curve in after["the frame"]["curves"])
    assert np.allclose(product, samples * window / np.abs(samples).max())


def test_it_wants_sounds(data):
    with pytest.raises(DltuiError, match="these data hold none"):
        build()(data, {}, CPU)
