"""The newest pictures of a run take the room there is, and it is said which are seen where that is not all."""

import numpy as np
import pytest

from dltui.render import gallery
from tests.render import fake_run
from tests.render.conftest import LOOKS, plain, widths


def hung(fake: fake_run.FakeRun, width: int, height: int, look: str = "none") -> list[str]:
    lines = gallery.render(fake.history(), fake.run, width, height, LOOKS[look])
    assert widths(lines) == {width} and len(lines) == height
    return plain(lines)


def scene(folder, name: str, columns: int) -> dict:
    from PIL import Image

    Image.fromarray(np.full((24, 24 * columns), 255, np.uint8)).save(folder / name)
    return {"type": "image", "file": name, "rows": 1, "columns": columns}


@pytest.fixture
def fake(tmp_path) -> fake_run.FakeRun:
    """Two variants with a picture of 24 pixels each, and further panes."""
    fake = fake_run.FakeRun(tmp_path, fake_run.LENET, "cells", series=("even", "weighted"))
    for series in ("even", "weighted"):
        fake.frame(10, "walls", scene(fake.run.frames, f"{series}.png", 1), series)
    for pane in ("tiles", "weights", "scores"):
        fake.frame(10, pane, {"type": "text", "text": pane}, "even")
    return fake


@pytest.mark.parametrize(("size", "seen"), [((39, 18), "1-2 of 5"), ((58, 33), "1-2 of 5"), ((118, 55), "")])
def test_what_is_seen_of_all_pictures_is_said_where_that_is_not_all(fake, size, seen):
    text = "\n".join(hung(fake, *size))
    assert (seen in text) if seen else " of 5" not in text


def test_the_first_shelf_of_an_uneven_number_is_the_wider_one(fake):
    """Five pictures on two shelves: the two that the run is about, and beneath them three."""
    lines = hung(fake, 118, 55)
    titles = [line.split() for line in lines if "step 10" in line]
    assert [line.count("step") for line in titles] == [2, 3]
    inked = [line.count("@") for line in lines if "@" in line]
    assert inked[0] == 2 * 48  # twice as large, each on half of the width


def test_variants_are_shown_in_one_size(fake):
    """A line more for one of two shelves must not make its picture larger than the other."""
    sides = {line.count("@") for line in hung(fake, 58, 33) if "@" in line}
    assert len(sides) == 1


def test_a_row_of_scenes_has_the_whole_width_and_leaves_its_lines_to_the_plots(tmp_path):
    fake = fake_run.FakeRun(tmp_path, fake_run.LENET, "boxes")
    fake.frame(10, "boxes", scene(fake.run.frames, "scenes.png", 3))
    for pane in ("precision", "confusion"):
        fake.frame(10, pane, {"type": "text", "text": pane})
    lines = hung(fake, 118, 55)
    titles = [number for number, line in enumerate(lines) if "step 10" in line]
    assert len(titles) == 2 and titles[1] < 55 / 2
    assert max(line.count("@") for line in lines) >= 3 * 36


def test_on_few_lines_pictures_stand_beside_each_other_as_long_as_they_are_readable(tmp_path):
    """As beneath the result of a run that has ended: the second costs the first nothing."""
    fake = fake_run.FakeRun(tmp_path, fake_run.LENET, "flat")
    for pane in ("one", "two", "three", "four"):
        fake.frame(10, pane, {"type": "text", "text": pane})
    lines = hung(fake, 80, 8)
    assert lines[0].count("step 10") == 2 and lines[0].rstrip().endswith("1-2 of 4")


def test_planes_stand_where_they_are_nearly_square(tmp_path):
    """Two decision fields on half of 80x24: beside each other, not as two strips."""
    fake = fake_run.moons(tmp_path)
    assert any(line.count("field") == 2 for line in hung(fake, 39, 18))
