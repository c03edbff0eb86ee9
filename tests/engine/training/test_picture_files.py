"""Pictures that a full disk refuses wait in their order, as they were when they were drawn."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.contracts.task import Picture
from dltui.engine.training import picture_files
from dltui.engine.training.picture_files import Frames
from dltui.runs.events import EventLog, Tail


@pytest.fixture
def log(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    yield log
    log.close()


@pytest.fixture
def room(monkeypatch):
    """Whether there is room for files."""
    room, write = [False], picture_files._write

    def written(*given):
        if not room[0]:
            raise OSError(28, "No space left on device")
        write(*given)

    monkeypatch.setattr(picture_files, "_write", written)
    return room


def picture(pixels) -> Picture:
    return Picture("field", {"type": "image", "pixels": pixels, "rows": 1, "columns": 1})


def test_they_are_written_later_in_order_and_show_what_was_drawn(log, room, tmp_path):
    frames = Frames(log, tmp_path)
    weights = np.zeros((4, 4), np.uint8)
    for step in (1, 2):
        weights[:] = step
        with pytest.raises(OSError, match="No space"):
            frames.write("", step, picture(weights))
    room[0] = True
    weights[:] = 3
    frames.write("", 3, picture(weights))
    shown = [(event["step"], Image.open(tmp_path / event["payload"]["file"])) for event in Tail(log.path).read()]
    assert [(step, np.asarray(image).max()) for step, image in shown] == [(1, 1), (2, 2), (3, 3)]
    assert not frames.waiting


def test_only_the_newest_wait_so_that_the_memory_does_not_fill_too(log, room, tmp_path):
    frames = Frames(log, tmp_path)
    for step in range(picture_files.MOST_WAITING + 5):
        with pytest.raises(OSError, match="No space"):
            frames.write("", step, picture(np.zeros((2, 2), np.uint8)))
    room[0] = True
    frames.write_waiting()
    assert [event["step"] for event in Tail(log.path).read()] == list(range(5, picture_files.MOST_WAITING + 5))
