"""Keys and pasted text one at a time: each goes where those before it lead, however fast they come.

Textual hands a key to what has the focus at that moment. A key's own work takes several messages, from widget to
screen to app and back: where ten keys arrive in one piece, the later ones would meet the focus, the screen or the mode
that the first one is about to leave.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from textual.app import App
from textual.events import Event, Key

PATIENCE = 2.0  # seconds that keys wait for a screen that is not settled
ROUNDS = 6  # trips of a messenger after a key, at most
QUIET = 2  # trips in a row with nothing new behind them: the key has done its work
POLL = 0.01  # seconds


class TypeAhead:
    """Holds back what is typed while the key before it is still at work.

    A screen whose keys need something that still has to be read or made has an attribute `settled` that is False so
    long. It is waited for, as is what is `under_way`, but no longer than PATIENCE. Keys that only move a cursor, those
    of an action `move`, lead nowhere else: one follows the other at once, as fast as a key that is held down repeats.
    """

    def __init__(self, app: App, give: Callable[[Event], Awaitable[None]]):
        self._app, self._give = app, give
        self._waiting: deque[Event] = deque()
        self._work: asyncio.Task | None = None
        self._moving = False  # whether the key that was given last moves a cursor
        self._impatient_at: float | None = None  # since something was not settled, with PATIENCE on top
        self._under_way = 0  # of what leads to another screen

    def begin(self) -> None:
        """Holds keys back until the first screen is there."""
        self._work = asyncio.create_task(self._settle())

    def end(self) -> None:
        """Nothing more is given."""
        self._waiting.clear()
        if self._work:
            self._work.cancel()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Holds keys back while the block lasts: they are meant for the screen to which it leads."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def take(self, event: Event) -> None:
        """Gives a key or pasted text, at once or when those before it have done their work."""
        if self._work and (self._waiting or not self._goes_at_once(event)):
            self._waiting.append(event)
        else:
            await self._start(event)

    async def _start(self, event: Event) -> None:
        if self._work:
            self._work.cancel()
        self._moving = self._moves_cursor(event)
        await self._give(event)
        self._work = asyncio.create_task(self._settle())

    async def _next(self) -> None:
        if self._work and not self._work.done():
            return  # a key went at once meanwhile
        self._work = None
        while self._waiting and (self._work is None or self._goes_at_once(self._waiting[0])):
            await self._start(self._waiting.popleft())

    def _goes_at_once(self, event: Event) -> bool:
        return self._moving and self._moves_cursor(event)

    def _moves_cursor(self, event: Event) -> bool:
        active = self._app.screen.active_bindings.get(event.key) if isinstance(event, Key) else None
        return active is not None and active.binding.action.startswith("move(")

    async def _settle(self) -> None:
        """Waits for the work of the key that was given last, then lets the app give the next one."""
        quiet = 0
        for _ in range(ROUNDS):
            await self._wait_until_settled()
            quiet = quiet + 1 if await self._messenger_returns() else 0
            if quiet == QUIET:
                break
        self._app.call_later(self._next)

    async def _wait_until_settled(self) -> None:
        while self._under_way or not getattr(self._app.screen, "settled", True):
            now = time.monotonic()
            self._impatient_at = self._impatient_at or now + PATIENCE
            if now > self._impatient_at:
                return
            await asyncio.sleep(POLL)
        self._impatient_at = None

    async def _messenger_returns(self) -> bool:
        """Goes the way of a key, from the focus to the app, behind every message that waits there.

        Returns whether it led nowhere else, and no message has come in behind.
        """
        screen, focused = self._app.screen, self._app.screen.focused
        for place in (focused or screen).ancestors_with_self:
            passed = asyncio.Event()
            if place.call_later(passed.set):
                with suppress(TimeoutError):  # a widget that is removed meanwhile passes nothing on
                    await asyncio.wait_for(passed.wait(), PATIENCE)
        if (screen, focused) != (self._app.screen, self._app.screen.focused):
            return False
        return not any(place.message_queue_size for place in (self._app, *screen.walk_children(with_self=True)))
