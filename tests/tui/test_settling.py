"""Sizes that a screen still has to take in when the terminal has another one already."""

import pytest
from textual.events import Resize
from textual.geometry import Size

from dltui.tui.screens.settling import Settling
from tests.tui.conftest import Lab, until

SMALL = Size(20, 8)


class Busy(Settling):
    """A screen that has something to do at every new size, as those have that choose what is side by side."""

    layouts = 0

    def on_resize(self) -> None:
        self.layouts += 1
        self.call_later(lambda: None)


async def test_a_screen_with_two_sizes_in_its_queue_settles():
    async with Lab().run_test(size=(120, 40)) as pilot:
        screen = Busy()
        await pilot.app.push_screen(screen)
        await pilot.pause()
        before = screen.layouts
        for size in (SMALL, pilot.app.size):
            screen.post_message(Resize(size, size))
            screen.call_later(lambda: None)
        await pilot.pause(0.5)
        assert screen.size == (120, 40) and screen.layouts < before + 10


@pytest.mark.parametrize("key", ["", "3", "question_mark", "ctrl+p"])
async def test_every_screen_does(key):
    async with Lab().run_test(size=(120, 40)) as pilot:
        if key:
            await pilot.press(key)
        screen = pilot.app.screen
        assert isinstance(screen, Settling)
        for _ in range(3):
            screen.post_message(Resize(SMALL, SMALL))
            screen.call_later(lambda: None)
        await pilot.pause(0.1)
        assert screen.size == (120, 40)


async def test_a_new_size_is_taken_in():
    async with Lab().run_test(size=(120, 40)) as pilot:
        await pilot.resize_terminal(90, 30)
        await until(pilot, lambda: pilot.app.screen.size == (90, 30))
