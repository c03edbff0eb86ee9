"""A screen that settles at the terminal's size however fast that changes."""

from textual.events import Event, Resize
from textual.screen import Screen, ScreenResultType


class Settling(Screen[ScreenResultType]):
    """Takes no notice of sizes that the terminal no longer has.

    A Textual 8.2 screen that is laid out at another size tells itself so by a Resize. Where two sizes wait in its queue
    at once each calls for the other again, for ever: the screen is drawn without end, and answers no key.
    """

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Resize) and event.size != (size := self.app.size):
            if self.size == size:
                return
            event = Resize(size, size)  # the one that told so may have been replaced, in the queue, by this old one
        await super().on_event(event)
