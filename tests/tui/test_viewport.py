"""The stretch of the x axis that is shown stays on the axis, and follows a run that grows where it should."""

import random

from dltui.tui.viewport import Viewport


def test_all_is_shown_at_first():
    assert Viewport().range(120, 1000) == (0, 1000)


def test_zoom_without_a_cursor_keeps_the_newest_in_sight_and_follows():
    port = Viewport()
    port.zoom(0.5, None, 700, 1000)
    low, high = port.range(700, 1000)
    assert high - low == 500
    assert low <= 700 <= high
    low, high = port.range(990, 1000)
    assert (low, high) == (500, 1000)


def test_a_stretch_that_follows_holds_still_for_a_while():
    port = Viewport()
    port.zoom(0.1, None, 500, 10_000)
    ranges = {port.range(newest, 10_000) for newest in range(1001, 1126)}
    assert len(ranges) == 1


def test_zoom_about_a_point_leaves_it_where_it_is():
    port = Viewport()
    port.zoom(0.5, 250, 1000, 1000)
    low, high = port.range(1000, 1000)
    assert (250 - low) / (high - low) == 0.25
    assert not port.follows


def test_panning_to_the_right_end_follows_again():
    port = Viewport()
    port.zoom(0.5, None, 1000, 1000)
    port.pan(-0.25, 1000, 1000)
    assert not port.follows
    assert port.range(1000, 1000) == (375, 875)
    port.pan(0.25, 1000, 1000)
    assert port.follows


def test_whatever_is_pressed_the_stretch_lies_on_the_axis():
    chance = random.Random(0)
    port, newest, end = Viewport(), 0.0, 100.0
    for _ in range(5000):
        newest += chance.random()
        end = max(end, newest)
        match chance.randrange(5):
            case 0:
                port.zoom(chance.choice((0.5, 2.0)), chance.choice((None, newest * chance.random())), newest, end)
            case 1:
                port.pan(chance.choice((-0.25, 0.25)), newest, end)
            case 2:
                port.hold(chance.random() * end, newest, end)
            case 3 if chance.random() < 0.05:
                port.all()
        low, high = port.range(newest, end)
        assert 0 <= low < high
        assert high <= end * (1 + 1e-9)
