"""Every size gets a layout that fills the screen and no more, with as much on it as has room."""

import itertools

import pytest

from dltui.tui.run_layout import layout, pages

STATES = [
    dict(zip(("page", "zoomed", "pictures", "verdict", "knobs"), state, strict=True))
    for state in itertools.product(
        ("pictures", "curves", "notes", "log"), ("", "pictures", "curves"), (False, True), (0, 3, 30), (False, True)
    )
]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 20), (40, 12), (20, 8), (300, 25), (80, 100)])
def test_the_parts_fill_the_screen_exactly(size):
    width, height = size
    for state in STATES:
        found = layout(width, height, **state)
        parts = (found.header, found.verdict, found.wall, found.timeline, found.lower, found.knobs)
        assert min(parts) >= 0, state
        assert sum(parts) + 1 == height, state  # and the last row
        assert found.wall > 0 or found.lower > 0, state
        assert not found.lower or found.page, state


def test_80x24_shows_pictures_and_curves_together():
    found = layout(80, 24, page="pictures", zoomed="", pictures=True, verdict=0, knobs=False)
    assert found.wall >= 9 and found.lower >= 9
    assert (found.page, found.side) == ("curves", 0)


def test_pictures_come_first_once_a_run_has_ended():
    """One line says how; ten classes of a confusion matrix have a line each."""
    found = layout(80, 24, page="pictures", zoomed="", pictures=True, verdict=1, knobs=False)
    assert found.verdict == 1 and found.wall >= 11 and found.lower >= 7


def test_a_wide_screen_shows_the_notes_beside_the_curves():
    found = layout(120, 40, page="curves", zoomed="", pictures=True, verdict=0, knobs=False)
    assert found.side >= 36 and found.side_page == "notes"
    assert layout(120, 40, page="log", zoomed="", pictures=True, verdict=0, knobs=False).side_page == "log"


def test_a_small_screen_shows_one_part_and_tab_goes_through_all():
    assert pages(60, 20) == ("pictures", "curves", "notes", "log")
    assert pages(80, 24) == ("curves", "notes", "log")
    for page in pages(60, 20):
        found = layout(60, 20, page=page, zoomed="", pictures=True, verdict=0, knobs=False)
        assert (found.wall > 0) == (page == "pictures")
        assert (found.lower > 0) == (page != "pictures")


def test_a_run_without_pictures_leaves_their_place_to_the_curves():
    found = layout(80, 24, page="pictures", zoomed="", pictures=False, verdict=0, knobs=False)
    assert (found.wall, found.lower) == (0, 20)
