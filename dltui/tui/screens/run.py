"""One run: its pictures first, its curves, how it stands, and the keys that turn it."""

import time
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.runs.run import LIVE, Run
from dltui.tui import run_keys
from dltui.tui.messages import Told
from dltui.tui.meter import Gpu, read_gpu
from dltui.tui.open_run import OpenRun
from dltui.tui.run_board import RunBoard
from dltui.tui.run_chores import NO_CHECKPOINT
from dltui.tui.run_controls import RunControls
from dltui.tui.run_watcher import PAUSE
from dltui.tui.screens.settling import Settling
from dltui.tui.sheet import Unchanged
from dltui.tui.widgets.knob_panel import KnobPanel
from dltui.tui.widgets.status_line import StatusLine

GPU_METERED = 6.0  # seconds between two questions to nvidia-smi
REPLAY_FRAMES = 10  # a second


class RunScreen(Unchanged, Settling):
    """Shows the log of one run, whoever started it; leaving the screen, or dltui, does not end the run."""

    HELP: ClassVar[str] = (
        "Run\nThe pictures and curves of a run as it learns, and the keys that turn it; it goes on when you leave. "
        "The same from the shell: dltui attach, pause, resume, stop, set, replay."
    )
    DEFAULT_CSS = """
    RunScreen { layout: vertical; overflow: hidden; }
    RunScreen #lower { height: 1fr; }
    RunScreen CurvePlot { width: 1fr; height: 1fr; }
    RunScreen NoteList, RunScreen EngineLog { height: 1fr; }
    RunScreen .-side { border-left: solid $border-blurred; padding-left: 1; }
    RunScreen .-side:focus { border-left: solid $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = run_keys.BINDINGS

    class GpuRead(Message):
        """nvidia-smi has answered."""

        def __init__(self, gpu: Gpu | None):
            super().__init__()
            self.gpu = gpu

    def __init__(self, run: Run):
        super().__init__()
        self.open = OpenRun(run)
        self.controls = RunControls(run)
        self.board = RunBoard(self.draw)
        self._unsent: dict[str, float] = {}  # knobs that were turned since the last look
        self._gpu_metered = 0.0
        self._catching_up = False  # it is going to read on

    def compose(self) -> ComposeResult:
        yield from self.board.parts

    def on_mount(self) -> None:
        self._frames = self.set_interval(1 / REPLAY_FRAMES, self.drain, pause=True)
        self.board.curves.focus()
        self.drain()

    # -- what is new -----------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Takes in what is new: called by the app's timer some times a second. Takes some 50 ms at most."""
        if not self.is_mounted:
            return
        fresh = self.open.poll()
        self._catch_up_soon()
        fresh |= self.open.measure()
        self._ask_nvidia()
        self._send_knobs()
        if told := self.controls.hear(self.open.watcher.history):
            self.board.status.say(told)
        self.draw(fresh=fresh)

    def _catch_up_soon(self) -> None:
        """Reads on in a long log, piece by piece. A callback would come after each message: nothing would be drawn."""
        if self.open.watcher.behind and not self._catching_up:
            self._catching_up = True
            self.set_timer(PAUSE, self._catch_up)

    def _catch_up(self) -> None:
        self._catching_up = False
        self.open.watcher.poll()
        if self.open.watcher.behind:
            self._catch_up_soon()
        else:
            self.draw()

    def draw(self, *, fresh: bool = True) -> None:
        """Draws what changed; without `fresh` only what changes by itself."""
        if self.is_mounted and self.size:
            self.board.draw(self.open, self.controls, self._unsent, self.size, self.app.look, fresh=fresh)

    def look_changed(self) -> None:
        """The theme has another ground or other colours."""
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def on_screen_resume(self) -> None:
        self.drain()

    def _ask_nvidia(self) -> None:
        device = str((self.open.watcher.history.started or {}).get("device"))
        now = time.monotonic()
        if device.startswith("cuda") and self.open.live and now - self._gpu_metered >= GPU_METERED:
            self._gpu_metered = now
            number = device.split()[0].partition(":")[2]
            ask = partial(self._read_gpu, int(number) if number.isdigit() else 0)
            self.run_worker(ask, thread=True, group="gpu", exclusive=True)

    def _read_gpu(self, index: int) -> None:
        self.post_message(self.GpuRead(read_gpu(index)))

    def on_run_screen_gpu_read(self, message: GpuRead) -> None:
        self.open.gpu = message.gpu

    # -- what the run is asked for ---------------------------------------------------------------------------------

    def action_ask(self, op: str) -> None:
        self._ask(op)

    def _ask(self, op: str, key: str = "", value: object = None) -> None:
        try:
            self.controls.ask(op, key, value)
        except DltuiError as error:
            self.post_message(Told(str(error), "warning"))
        self.draw()

    def action_pause(self) -> None:
        """Pauses, or goes on; during a replay it is the replay that stands still."""
        run, asked = self.open, self.controls.asked
        if run.replay:
            run.replay.paused = not run.replay.paused
            self.draw()
        elif run.live:
            stands = run.history.paused or ("pause", "") in asked or ("step", "") in asked
            paused = stands and ("resume", "") not in asked
            self._ask("resume" if paused else "pause")
        else:
            self._tell_ended()

    def action_stop(self) -> None:
        if self.open.live:
            self.board.status.ask("Stop this run? It saves a checkpoint first.   s: stop   any other key: go on", "s")
            self.draw()
        else:
            self._tell_ended()

    def _tell_ended(self) -> None:
        keys = dict(run_keys.hints(self.open))
        said = {"r": "r goes on with it", "p": "p shows it again", "e": "e shows the engine's log"}
        ways = [said[key] for key in said if key in keys][:2]
        self._say(f"This run is {self.open.status}: {', '.join(ways)}.")

    def _say(self, text: str) -> None:
        self.board.status.say(text)
        self.draw()

    def on_status_line_answered(self, message: StatusLine.Answered) -> None:
        self.board.focus_page()
        if message.yes:
            self._ask("stop")
        else:
            self._say("The run goes on.")

    def action_go_on(self) -> None:
        """Starts an engine that goes on with a run that ended."""
        if self.open.status not in ("done", *LIVE) and not self.open.run.has_checkpoint:
            self._say(NO_CHECKPOINT)
            return
        try:
            engine = launch.resume(self.open.run)
        except DltuiError as error:
            self.post_message(Told(str(error), "warning"))
            return
        self.app.engines.append(engine)
        self.open.resumed(engine.first)
        self._say("Goes on from its last checkpoint.")

    def action_knobs(self) -> None:
        knobs = self.board.knobs
        knobs.display = not knobs.display
        if knobs.display:
            knobs.focus()
        else:
            self.board.focus_page()
        self.draw()

    def on_knob_panel_turned(self, message: KnobPanel.Turned) -> None:
        variant = self.board.wall.variant
        self._unsent[f"{variant}.{message.key}" if variant else message.key] = message.value

    def _send_knobs(self) -> None:
        """Asks for what was turned since the last look: a key that is held down makes few requests."""
        unsent, self._unsent = self._unsent, {}
        for key, value in unsent.items():
            self._ask("set", key, value)

    # -- how it is looked at ---------------------------------------------------------------------------------------

    async def action_curves(self, action: str) -> None:
        await self.board.curves.run_action(action)

    def action_picture(self, by: int) -> None:
        self.board.wall.choose(self.open.history, by)
        self.draw()

    def action_variant(self) -> None:
        self.board.wall.next_variant(self.open.history)
        self.draw()

    def on_picture_pane_pressed(self) -> None:
        self.draw()

    def action_zoom(self, part: str) -> None:
        self.board.zoom(part)
        self.draw()

    def action_page(self, by: int) -> None:
        self.board.turn_page(by, self.size)
        self.draw()

    def action_engine_log(self) -> None:
        self.board.show_page("curves" if self.board.page == "log" else "log")
        self.draw()

    # -- earlier steps, replay -------------------------------------------------------------------------------------

    def action_scrub(self, where: str) -> None:
        """where: earlier, later, first or newest."""
        self.open.scrub.go(where, self.open.history)
        self.draw()

    def action_replay(self) -> None:
        if self.open.live:
            self._say("It is still running: , goes back through its pictures. A replay needs a run that ended.")
            return
        self.open.toggle_replay()
        (self._frames.resume if self.open.replay else self._frames.pause)()
        self.draw()

    def action_speed(self, by: int) -> None:
        self.open.change_speed(by)
        self.draw()

    # -- back ------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`escape` is the app's where nothing is open here."""
        opened = self.board.zoomed or self.board.knobs.display or self.open.replay or self.open.scrub.step is not None
        return action != "leave" or bool(opened)

    def action_leave(self) -> None:
        """Closes what was opened: the knobs, the zoom, the replay, the earlier step."""
        if self.board.knobs.display:
            self.action_knobs()
        elif self.board.zoomed:
            self.action_zoom(self.board.zoomed)
        elif self.open.replay:
            self.action_replay()
        else:
            self.action_scrub("newest")
