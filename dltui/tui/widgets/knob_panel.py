"""The live knobs of a run in a row: chosen with left and right, turned with up and down, or typed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message

from dltui.render import palette
from dltui.render.cells import FAINT, Line, blank, cut, fit, line_of, shown
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui import run_controls
from dltui.tui.sheet import SheetWidget

DIGITS = frozenset("0123456789.-")
WITHIN = frozenset("eE+_")  # of a number that is being typed
NONE: Mapping[str, str] = MappingProxyType({})
NOTHING = "This run has no knobs to turn."
HINT = "up, down: turn   left, right: choose   or type a number, enter   k: close"


class KnobPanel(SheetWidget, can_focus=True):
    """Three rows: names, values, what the keys do. A value that the engine has not confirmed yet is marked."""

    HELP: ClassVar[str] = (
        "Knobs\nWhat can be changed while the run goes on. Up and down turn a knob by a quarter; digits type a value. "
        "With one variant chosen (m) the knob is that variant's alone. Each change is marked on the curves."
    )
    DEFAULT_CSS = """
    KnobPanel { height: 3; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "turn(1)", "Turn up", id="knobs.up", tooltip="By a quarter."),
        Binding("down", "turn(-1)", "Turn down", id="knobs.down", tooltip="By a fifth: what up adds, down takes away."),
        Binding("left", "choose(-1)", "Knob before", id="knobs.left"),
        Binding("right", "choose(1)", "Next knob", id="knobs.right"),
        Binding("enter", "enter", "Set what was typed", id="knobs.enter"),
    ]

    class Turned(Message):
        """A knob is to have another value."""

        def __init__(self, key: str, value: float):
            super().__init__()
            self.key, self.value = key, value

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self.place = 0
        self.typed = ""
        self._problem = ""
        self._values: dict[str, float] = {}
        self._wanted: dict[str, float] = {}
        self._refused: Mapping[str, str] = NONE
        self._look, self._of, self._why = TerminalCapabilities(), "", NOTHING

    def show(
        self,
        values: dict[str, float],
        wanted: dict[str, float],
        look: TerminalCapabilities,
        of: str = "",
        refused: Mapping[str, str] = NONE,
    ) -> None:
        """values: the knobs as they stand. wanted: those asked for and not confirmed. of: the variant, '' for all.

        refused: why the engine did not take the last value for a knob.
        """
        self._values, self._wanted, self._look, self._of, self._refused = values, wanted, look, of, refused
        self._why = NOTHING
        self.place = min(self.place, max(0, len(values) - 1))
        self._draw()

    def wait(self, why: str, look: TerminalCapabilities) -> None:
        """Shows no knobs, but why."""
        self._values, self._wanted, self._look, self._why = {}, {}, look, why
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not self._values:
            self.sheet.show([line_of(self._why, width, self._look, FAINT), *blank(width, 2)])
            return
        names: Line = []
        values: Line = []
        for place, key in enumerate(self._values):
            chosen = place == self.place
            text = self._text(key, chosen)
            name = cut(shown(key), 28, self._look)
            size = max(len(name), len(text)) + 3
            names += [Segment(name, Style(bold=True) if chosen else FAINT), Segment(" " * (size - len(name)))]
            style = palette.ink(palette.WARNING, self._look, bold=True) if key in self._wanted else Style(bold=True)
            if chosen:
                style += Style(reverse=True)
            values += [Segment(text, style), Segment(" " * (size - len(text)))]
        wrong = self._problem or shown(self._refused.get(self.chosen, ""))
        told = wrong or (f"only {shown(self._of)}:   {HINT}" if self._of else HINT)
        hint = line_of(told, width, self._look, palette.ink(palette.BAD, self._look) if wrong else FAINT)
        self.sheet.show([fit(self._scrolled(names), width), fit(self._scrolled(values), width), hint])

    def _text(self, key: str, chosen: bool) -> str:
        if chosen and self.typed:
            return f"{self.typed}_"
        if key in self._wanted:
            return f"{self._wanted[key]:g} {'…' if self._look.unicode else '...'}"
        return f"{self._values[key]:g}"

    def _scrolled(self, line: Line) -> Line:
        """From the first knob that lets the chosen one be seen."""
        first = 0
        while first < self.place and _cells(line[2 * first : 2 * self.place + 2]) > self.size.width:
            first += 1
        return line[2 * first :]

    def on_resize(self) -> None:
        self._draw()

    # -- keys ------------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The knob's key, '' where there is none."""
        return list(self._values)[self.place] if self._values else ""

    def action_choose(self, by: int) -> None:
        self.typed = self._problem = ""
        if self._values:
            self.place = (self.place + by) % len(self._values)
        self._draw()

    def action_turn(self, notches: int) -> None:
        self.typed = ""
        if self.chosen:
            value = self._wanted.get(self.chosen, self._values[self.chosen])
            self._set(run_controls.turned(self.chosen, value, notches))

    def action_enter(self) -> None:
        if not self.typed or not self.chosen:
            return
        try:
            value = float(self.typed)
        except ValueError:
            self._problem = f"{self.typed} is no number. Example: 0.003, 3e-3"
        else:
            self._set(value)
        self.typed = ""
        self._draw()

    def _set(self, value: float) -> None:
        self._problem = ""
        self._refused = {key: why for key, why in self._refused.items() if key != self.chosen}
        self._wanted = {**self._wanted, self.chosen: value}
        self._draw()
        self.post_message(self.Turned(self.chosen, value))

    def on_key(self, event: Key) -> None:
        """What belongs to a number is typed; what does not goes on to the screen."""
        character = event.character or ""
        if event.key == "escape" and self.typed:
            self.typed = ""
        elif event.key == "backspace" and self.typed:
            self.typed = self.typed[:-1]
        elif character and (character in DIGITS or (self.typed and character in WITHIN)):
            self.typed, self._problem = self.typed + character, ""
        else:
            return
        event.stop()
        event.prevent_default()
        self._draw()

    def on_paste(self, event: Paste) -> None:
        """What is pasted is typed, whatever it is: enter says what is wrong with it."""
        event.stop()
        self.typed, self._problem = self.typed + shown(event.text.strip()), ""
        self._draw()


def _cells(line: Line) -> int:
    return sum(segment.cell_length for segment in line)
