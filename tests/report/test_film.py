"""A replay as a film."""

import io
import json

import pytest
from PIL import Image

from dltui.errors import DltuiError
from dltui.report import film
from tests.render.fake_run import LENET, STEPS, FakeRun


@pytest.fixture
def made(tmp_path) -> FakeRun:
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, STEPS, loss=made.falling(2.3, 0.05))
    made.finished(STEPS, summary={"loss": 0.05})
    return made


def test_a_cast_is_what_a_terminal_shows(made):
    """Played by a terminal, it ends with the run's last view."""
    pyte = pytest.importorskip("pyte")
    out = io.BytesIO()
    film.write_cast(out, made.run, made.recipe, (80, 24))
    head, *events = map(json.loads, out.getvalue().decode().splitlines())
    assert (head["version"], head["width"], head["height"]) == (2, 80, 24)
    times = [at for at, kind, _ in events if kind == "o"]
    assert len(events) > 5 and times == sorted(times)
    assert times[-1] == pytest.approx(STEPS / 300, abs=1), "as long as the run was"
    screen = pyte.Screen(80, 24)
    stream = pyte.Stream(screen)
    for _, _, text in events:
        stream.feed(text)
    shown = "\n".join(screen.display)
    assert "DONE" in shown and "loss" in shown and "RUNNING" not in shown


def test_a_gif_is_short_however_long_the_run_was(made):
    out = io.BytesIO()
    film.write_gif(out, made.run, made.recipe, (60, 15))
    gif = Image.open(out)
    assert gif.n_frames > 5 and gif.size == (600, 300)
    length = 0
    for number in range(gif.n_frames):
        gif.seek(number)
        length += gif.info["duration"]
    assert length <= 1000 * (film.LONGEST + film.LAST + 1)


def test_silences_are_cut(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.log.write("note", t=made.at(10_000_000), level="info", text="much later")
    made.finished(20_000_000)
    assert [*film.moments(made.run, made.recipe, (40, 10), 0.1)][-1].seconds < 10


def test_a_run_without_events_has_no_film(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.run.log.write_bytes(b"")
    with pytest.raises(DltuiError, match="has no events yet"):
        [*film.moments(made.run, made.recipe, (40, 10), 0.1)]
