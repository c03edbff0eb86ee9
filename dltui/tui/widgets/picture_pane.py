"""One picture of a run: its newest, or that of an earlier step."""

from collections.abc import Sequence
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.widget import Widget

from dltui.render import frames, graphic
from dltui.render.cells import FAINT, cell_width, cut, fit, line_of, shown
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.sheet import SheetWidget

CHOSEN = Style(bold=True, reverse=True)


class PicturePane(SheetWidget):
    """A row that says what is seen, and the picture below it. It is drawn again only for another picture or size."""

    class Pressed(Message):
        """The mouse chose this pane."""

        def __init__(self, pane: "PicturePane"):
            super().__init__()
            self.pane = pane

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self._drawn: tuple = ()
        self._standing: tuple = ()  # whether it is chosen, and what stands at the end of its title
        self._picture: Sequence = ()
        self._pixels: Widget | None = None  # the picture itself, where the terminal shows pixels

    def show(
        self, event: dict | None, folder: Path, look: TerminalCapabilities, *, chosen: bool, told: Sequence[str] = ("",)
    ) -> bool:
        """Shows the picture of a `frame` event; None while there is none yet. Returns whether it had to be drawn.

        told: what stands at the end of its title, the first that leaves room for the name, else the last.
        """
        width, height = self.size
        wanted = (event["seq"] if event else None, event and event["t"], width, height, look)
        is_new = wanted != self._drawn
        if not is_new and (chosen, told) == self._standing:
            return False
        if is_new and event and not self._shows_pixels(event, folder, look):
            self._picture = frames.picture(event, folder, width, max(0, height - 1), look)
        elif is_new:
            self._picture = []
        self._drawn, self._standing = wanted, (chosen, told)
        self.sheet.show([self._title(event, width, look, chosen, told), *self._picture][:height])
        return is_new

    def _shows_pixels(self, event: dict, folder: Path, look: TerminalCapabilities) -> bool:
        """Shows the picture by the terminal's protocol for pixels, where it has one and the picture suits it."""
        picture = graphic.picture(event, folder) if look.pictures != "blocks" and self.size.height > 2 else None
        if picture is None:
            if self._pixels:
                self._pixels.display = False
            return False
        from textual_image.widget import SixelImage, TGPImage, get_cell_size

        if self._pixels is None:
            self._pixels = (TGPImage if look.pictures == "kitty" else SixelImage)()
            self._pixels.styles.margin = (1, 0, 0, 0)  # below the title
            self.mount(self._pixels)
        width, height = graphic.cells(picture.size, (self.size.width, self.size.height - 1), get_cell_size())
        self._pixels.styles.width, self._pixels.styles.height = width, height
        self._pixels.image, self._pixels.display = picture, True
        self._picture = []
        return True

    def _title(
        self, event: dict | None, width: int, look: TerminalCapabilities, chosen: bool, told: Sequence[str]
    ) -> list[Segment]:
        if event is None:
            return line_of("", width, look)
        name = f" {shown(' · '.join(filter(None, (event['series'], event['pane']))))} "
        end = next((text for text in told if cell_width(name) + cell_width(text) <= width), told[-1])
        room = max(0, width - cell_width(end))
        at = count(event["step"])
        left = room - cell_width(name)
        step = next((text for text in (f" step {at} ", f" {at} ") if len(text) <= left), "")  # the name comes first
        name = cut(name, max(0, room - len(step)), look)
        ink = CHOSEN if chosen else Style(bold=True)
        return [*fit([Segment(name, ink), Segment(step, FAINT)], room), *fit([Segment(end, FAINT)], width - room)]

    def on_click(self) -> None:
        self.post_message(self.Pressed(self))
