"""Pictures by a terminal's own protocol: what is sent is the picture, and what cannot be shown so is drawn in cells."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from dltui.render import graphic
from dltui.runs.events import EventLog
from tests.tui.test_terminal import Visit

PIXELS = np.zeros((8, 16, 3), np.uint8)
PIXELS[:, :8], PIXELS[:4, 8:] = (200, 30, 60), (10, 240, 90)


def with_picture(run, **more):
    """The run with a picture of PIXELS in its log, and the event."""
    run.frames.mkdir(exist_ok=True)
    Image.fromarray(PIXELS).save(run.frames / "it.png")
    log = EventLog(run.log)
    payload = {"type": "image", "file": "it.png", "rows": 1, "columns": 1, **more}
    event = log.write("frame", series="", step=50, pane="samples", payload=payload)
    log.close()
    return event


@pytest.fixture
def open_run(make_run, home, monkeypatch):
    """open_run("kitty") -> the app on a pseudo-terminal with the run of the picture open."""
    opened = []

    def begin(protocol: str, **more: object) -> Visit:
        with_picture(make_run("mlp-moons"), **more)
        monkeypatch.setenv("DLTUI_PICTURES", protocol)
        app = Visit()
        opened.append(app)
        app.until(lambda: app.shows("mlp-moons"))
        app.keys(b"2")
        app.until(lambda: app.shows("samples"))
        return app

    yield begin
    for app in opened:
        app.process.kill()
        app.process.wait()


def sent_to_kitty(output: bytes) -> Image.Image | None:
    """The picture that Kitty's protocol carried, put together from its pieces."""
    pieces = re.findall(rb"\x1b_G([^;\x1b]*);([A-Za-z0-9+/=]+)\x1b\\", output)
    whole = b"".join(payload for keys, payload in pieces if b"f=100" in keys)
    last = any(b"m=0" in keys and b"f=100" in keys for keys, _ in pieces)
    return Image.open(io.BytesIO(base64.b64decode(whole))).convert("RGB") if last else None


def test_kitty_is_sent_the_very_picture(open_run):
    app = open_run("kitty")
    app.until(lambda: sent_to_kitty(app.output) is not None)
    sent = sent_to_kitty(app.output)
    width, height = sent.size
    for x, y in ((0.2, 0.5), (0.75, 0.25), (0.75, 0.75)):
        assert (
            np.abs(np.subtract(sent.getpixel((int(x * width), int(y * height))), PIXELS[int(y * 8), int(x * 16)])).max()
            < 8
        )
    assert "\U0010eeee".encode() in app.output  # its place among the cells
    assert app.quit() == 0


def test_sixel_is_sent_a_picture(open_run):
    app = open_run("sixel")
    app.until(lambda: re.search(rb"\x1bP[0-9;]*q[^\x1b]{50}", app.output))
    assert app.quit() == 0


def test_a_picture_with_words_in_it_is_drawn_in_cells(open_run):
    app = open_run("kitty", captions=["what it is"])
    app.until(lambda: app.shows("what it is"))
    assert sent_to_kitty(app.output) is None


def test_small_pictures_are_enlarged_by_whole_multiples(make_run):
    run = make_run("mlp-moons")
    found = graphic.picture(with_picture(run), run.frames)
    assert found.size == (1024, 512) and found.getpixel((0, 0)) == tuple(PIXELS[0, 0])
    assert graphic.picture(with_picture(run, file="none.png"), run.frames) is None
    assert graphic.picture({"payload": {"type": "text", "text": "x"}}, run.frames) is None


@pytest.mark.parametrize(
    ("size", "room", "cells"),
    [((100, 100), (40, 40), (40, 20)), ((100, 100), (80, 10), (20, 10)), ((400, 100), (40, 40), (40, 5))],
)
def test_a_picture_keeps_its_shape_in_cells_twice_as_high_as_wide(size, room, cells):
    assert graphic.cells(size, room, (10, 20)) == cells
