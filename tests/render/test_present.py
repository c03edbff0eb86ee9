"""A run for a projector: one picture, one claim, the lesson piece by piece, nothing of it lost, at any size."""

import pytest

from dltui.recipes import files
from dltui.render import present
from dltui.render.present import LEAST, Chosen
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from tests.render import fake_run
from tests.render.conftest import plain, widths

LOOK = TerminalCapabilities()
LESSON = """
The first paragraph says what `the problem` is,
in two lines.

The second has a formula:

    p = sigmoid(w x + b)

where w is learned.

    dltui run mlp-moons
    dltui run mlp-moons optimizer.lr=0.1
"""
PIECES = present.pieces(LESSON)
ALONE = Chosen(keys=False)


def drawn(fake, *, chosen: Chosen = ALONE, width: int = 80, height: int = 24, **told) -> list[str]:
    lines = present.render(fake.history(), fake.run, fake.recipe, PIECES, chosen, width, height, LOOK, **told)
    assert len(lines) == height and widths(lines) == {width}
    return plain(lines)


def test_a_lesson_comes_by_paragraphs_each_with_what_is_set_apart_below_it():
    assert [[one.text for one in piece] for piece in PIECES] == [
        ["The first paragraph says what the problem is, in two lines."],
        ["The second has a formula:", "p = sigmoid(w x + b)"],
        ["where w is learned.", "dltui run mlp-moons\ndltui run mlp-moons optimizer.lr=0.1"],
    ]
    assert present.pieces("") == [] and present.pieces("    x = 1")[0][0].set_apart


def test_every_lesson_of_ours_is_shown_whole_and_beside_a_picture_at_80x24():
    crowded = 0
    for name, path in files.files().items():
        for text in files.read_table(path).get("lesson", {}).values():
            pieces = present.pieces(text)
            words = " ".join(one.text for piece in pieces for one in piece).split()
            assert words == text.replace("`", "").split(), name
            crowded += sum(len(present._text(piece, 76, LOOK)) + 2 + LEAST > 24 - 3 for piece in pieces)
    assert crowded == 0


@pytest.mark.parametrize("make", [fake_run.gan, fake_run.moons, fake_run.lenet])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (40, 10), (20, 5), (10, 2), (1, 1)])
def test_it_fits_every_terminal(tmp_path, make, size):
    fake = make(tmp_path)
    for piece in range(len(PIECES) + 1):
        for picture in range(5):
            for keys in (False, True):
                drawn(fake, chosen=Chosen(piece, picture, keys), width=size[0], height=size[1])


def test_few_words_title_picture_and_one_claim(tmp_path):
    fake = fake_run.moons(tmp_path)
    lines = drawn(fake)
    assert lines[0].strip() == "Two moons: a line, then hidden units" and set(lines[1]) == {"━", "─"}
    assert lines[-1].startswith(("line.accuracy <= 0.92", "hidden.accuracy >= 0.97"))
    assert not any(word in " ".join(lines) for word in ("fp32", "parameters", "RUNNING", "/s"))
    assert "q: leave" in drawn(fake, chosen=Chosen())[-1]
    assert drawn(fake, said="stopping")[-1].strip() == "stopping"
    assert drawn(fake, lost=True)[0].rstrip().endswith("LOST"), "what is not as it should be is told"


def test_the_lesson_stands_below_or_beside_the_picture_which_keeps_its_variants(tmp_path):
    fake = fake_run.moons(tmp_path)
    alone, with_lesson = drawn(fake), drawn(fake, chosen=Chosen(2, 0, False))
    assert alone[2].split()[0] == with_lesson[2].split()[0]
    text = "\n".join(with_lesson)
    assert "The second has a formula:" in text and "p = sigmoid(w x + b)" in text
    fake = fake_run.lenet(tmp_path / "other")
    first = fake.history().panes[0][1]
    wide = drawn(fake, chosen=Chosen(1, 0, False), width=120, height=40)
    [line] = [line for line in wide if "The first paragraph" in line]
    assert line.index("The first") > 60 and any(first in line[:60] for line in wide), "beside"


def test_a_picture_too_small_gives_its_place_to_the_lesson(tmp_path):
    fake = fake_run.moons(tmp_path)
    lines = drawn(fake, chosen=Chosen(1, 0, False), height=10)
    assert "The first paragraph" in lines[2]


def test_before_the_first_event_it_says_so(tmp_path):
    fake = fake_run.moons(tmp_path)
    lines = present.render(History(), fake.run, fake.recipe, PIECES, Chosen(), 80, 24, LOOK)
    assert "Starting" in "\n".join(plain(lines))
