"""The app: three places (recipes, the open run, all runs), one timer, and what screens may ask for."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.geometry import Size
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.text import clean
from dltui.tui import settings, themes
from dltui.tui.messages import OpenCompare, OpenRecipe, OpenRun, Severity, StartRun, Told
from dltui.tui.typeahead import TypeAhead

if TYPE_CHECKING:
    from dltui.jobs.launch import Engine
    from dltui.runs.run import Run

RESIZED = 0.05  # seconds after which a new size is no longer one of many
SETTLED = 0.5  # seconds: the first screen is there, and answers
FRAMES = {False: 4, True: 2}  # looks at what is new, a second: near, remote


def _screen(name: str, *given: object) -> Screen:
    """Makes the screen of screens/<name>.py: imported only when it is first shown."""
    return getattr(import_module(f"dltui.tui.screens.{name}"), f"{name.title()}Screen")(*given)


class LabApp(App[None]):
    """dltui in a terminal. Closing it ends no run: engines are processes of their own."""

    TITLE = "dltui"
    HELP = (
        "Everywhere\nRecipes on 1, the open run on 2, all runs on 3; tab goes to the next part of a screen, "
        "ctrl+p finds anything by its name."
    )
    MODES: ClassVar[dict[str, Callable[[], Screen]]] = {
        "recipes": lambda: _screen("recipes"),
        "runs": lambda: _screen("runs"),
    }
    DEFAULT_MODE = "recipes"
    COMMANDS: ClassVar[set] = set()
    NOTIFICATION_TIMEOUT = 8
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("1", "recipes", "Recipes", id="app.recipes"),
        Binding("2", "run", "Run", id="app.run", tooltip="The open run; where none is open, the newest."),
        Binding("3", "runs", "Runs", id="app.runs"),
        Binding("question_mark,f1", "help", "Help", id="app.help"),
        Binding("ctrl+p", "command_palette", "Find", id="app.palette", priority=True),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Runs go on."),
        Binding("ctrl+q", "quit", "Quit", show=False, id="app.quit-anywhere", priority=True, tooltip="Runs go on."),
        Binding("d", "toggle_dark", "Light or dark", show=False, id="app.dark"),
        Binding("escape", "back", "Back", show=False, id="app.back"),
    ]

    def __init__(self, look: TerminalCapabilities, *, remote: bool = False, driver_class: type[Driver] | None = None):
        self._terminal = look
        self.remote = remote
        self.settings = settings.load()
        self.engines: list[Engine] = []  # those we started: they are our children
        self._open: Run | None = None
        self._visited: list[str] = []
        self._first_screen_seen = False
        self._painted: Size | None = None  # the size of the terminal once it had one for a while
        self._repaint: Timer | None = None
        self.typeahead = TypeAhead(self, super().on_event)
        # without colours: told here, Textual leaves colours out; else it would draw greys
        super().__init__(driver_class=driver_class, ansi_color=look.colours == "none" or None)
        for theme in (themes.DARK, themes.LIGHT, themes.terminal(look.dark)):
            self.register_theme(theme)
        chosen = self.settings.get("app.theme", "")
        self.theme = chosen if chosen in self.available_themes and themes.shows(look) else themes.fitting(look)
        self.stylesheet.set_variables(self.get_css_variables())

    @property
    def look(self) -> TerminalCapabilities:
        """What the terminal can show, on the theme's ground."""
        return self._terminal._replace(dark=self.current_theme.dark)

    def refresh_css(self, animate: bool = True) -> None:
        """Before the first screen the rules need not be read again: 7 ms of it."""
        if self._first_screen_seen:
            super().refresh_css(animate)
        else:
            self.stylesheet.update(self, animate=False)

    # -- the one timer -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.typeahead.begin()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, None, ExitStatus.TERMINATED)
        frames = self.settings.get("app.frames", FRAMES[self.remote])
        self.set_interval(1 / min(max(frames, 1), 30), self._drain, name="drain")
        if self.settings.problem:
            self.tell(self.settings.problem, "warning")
        if (paths.home() / "keys.toml").exists():
            self._use_own_keys()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self._first_screen_seen = True
        self.set_timer(SETTLED, self._later)

    def _use_own_keys(self) -> None:
        from dltui.tui import keymap

        given, problems = keymap.load()
        self.set_keymap(given)
        for problem in [*problems, *keymap.problems_with(given)]:
            self.tell(problem, "warning")

    def _later(self) -> None:
        """What need not come before the first screen."""
        from dltui.jobs import queue

        with suppress(OSError):
            if count := queue.ensure_worker():
                self.tell(f"{count} in the queue: each starts when its device is free.")

    def on_unmount(self) -> None:
        self.typeahead.end()
        for engine in self.engines:
            engine.leave()

    def _drain(self) -> None:
        """Lets the screens that are shown take in what is new; a terminal that lags behind is given no more yet."""
        for engine in self.engines:
            engine.process.poll()  # or it would stay as a zombie
        if not getattr(self._driver, "congested", False):
            for screen in self.screen_stack:
                getattr(screen, "drain", lambda: None)()
        try:
            self.settings.save()
        except OSError as error:
            if not self.settings.problem:
                self.settings.problem = f"{self.settings.path}: {error.strerror}. Settings are not remembered."
                self.tell(self.settings.problem, "warning")

    def _handle_exception(self, error: Exception) -> None:
        """A screen that was still being made when the app was quit meets widgets that are gone: no fault to tell of."""
        if not self._exit:
            super()._handle_exception(error)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Leaves the terminal to the block, and takes it back however the block ends: Textual's own would not."""
        error: Exception | None = None
        with super().suspend():
            try:
                yield
            except Exception as raised:
                error = raised
        if error:
            raise error

    # -- places --------------------------------------------------------------------------------------------------------

    def action_recipes(self) -> None:
        self._go("recipes")

    def action_runs(self) -> None:
        self._go("runs")

    def action_run(self) -> None:
        """The open run; where none is, the newest."""
        from dltui.runs import run as runs

        run = self._open or next(iter(runs.newest_first()), None)
        if run:
            self._show_run(run)
        else:
            self.tell("No runs yet: press r on a recipe.")

    def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self._visited:
            self.switch_mode(self._visited.pop())

    def _go(self, mode: str) -> None:
        """Shows a place, without what was laid over it; `back` returns to where it was called from."""
        if mode != self.current_mode:
            self._visited = [*(place for place in self._visited if place != mode), self.current_mode]
            self.switch_mode(mode)
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def _show_run(self, run: "Run") -> None:
        if not run.path.is_dir():
            self._open = None
            self.tell(f"{run.id} is not there any more.", "error")
            return
        before, mode = self._open, f"run {run.id}"
        self._open = run
        if mode not in self._modes:
            self.add_mode(mode, lambda: _screen("run", run))
        self._go(mode)
        if before and before != run:
            gone = f"run {before.id}"
            self._visited = [place for place in self._visited if place != gone]
            self.remove_mode(gone)

    def action_help(self) -> None:
        from dltui.tui.screens.help import HelpScreen, sections

        self.push_screen(HelpScreen(sections(self.screen)))

    def action_command_palette(self) -> None:
        from dltui.tui.palette import Palette

        if not Palette.is_open(self):
            self.push_screen(Palette())

    # -- looks ---------------------------------------------------------------------------------------------------------

    def action_toggle_dark(self) -> None:
        self.choose_theme("light" if self.current_theme.dark else "dark")

    def choose_theme(self, name: str) -> None:
        """Puts a theme on, and remembers it."""
        self.theme = name
        self.settings.set("app.theme", name)

    def on_resize(self) -> None:
        if self._repaint:
            self._repaint.stop()
        self._repaint = self.set_timer(RESIZED, self._paint_what_was_lost)

    def _paint_what_was_lost(self) -> None:
        """A terminal that was small for a moment has lost what was outside, and Textual sees the size that it knows."""
        if self.size == self._painted:
            self.screen.refresh()
        self._painted, self._repaint = self.size, None

    def _theme_changed(self, _theme: Theme) -> None:
        for stack in self._screen_stacks.values():
            for screen in stack:
                getattr(screen, "look_changed", lambda: None)()

    # -- what screens ask for ------------------------------------------------------------------------------------------

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Tells the person something in a corner of the screen; the text is drawn as it is."""
        self.notify(clean(text), severity=severity, markup=False)

    def on_told(self, message: Told) -> None:
        self.tell(message.text, message.severity)

    def on_open_run(self, message: OpenRun) -> None:
        self._show_run(message.run)

    def on_open_recipe(self, message: OpenRecipe) -> None:
        self._go("recipes")
        self.screen.show_recipe(message.name)

    def on_open_compare(self, message: OpenCompare) -> None:
        self._go("runs")
        self.push_screen(_screen("compare", message.runs))

    def on_start_run(self, message: StartRun) -> None:
        self.run_worker(self._start(message), group="start")

    async def _start(self, message: StartRun) -> None:
        from dltui.tui import starting

        with self.typeahead.under_way():
            try:
                if message.queue:
                    entry = await asyncio.to_thread(starting.queued, message)
                    self.tell(f"{entry.recipe} waits in the queue as number {entry.number}.")
                else:
                    self.engines.append(await asyncio.to_thread(starting.started, message))
                    self._show_run(self.engines[-1].run)
            except DltuiError as error:
                self.tell(str(error), "error")

    # -- keys ----------------------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self.typeahead.take(event)
        else:
            await super().on_event(event)

    async def on_key(self, event: Key) -> None:
        """A letter that nothing wanted, from a Russian keyboard: the key is meant, not the letter."""
        if event.character and not event.character.isascii():
            from dltui.tui.keymap import CYRILLIC

            if latin := CYRILLIC.get(event.character):
                event.stop()
                await super().on_event(Key(latin, None))  # before what was typed after it
