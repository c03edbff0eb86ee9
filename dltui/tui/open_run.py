"""A run that is looked at: its log, live or shown again, how it stands, what its engine takes."""

import time

from dltui.render import header
from dltui.runs import recorded_recipe
from dltui.runs.history import History
from dltui.runs.run import LIVE, Run
from dltui.tui.meter import EngineMeter, Gpu, Reading
from dltui.tui.run_watcher import Replay, RunClock, RunWatcher
from dltui.tui.scrub import Scrub

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
METERED = 2.0  # seconds between two looks at the engine's process
YOUNG = 10.0  # seconds after its start in which a run without an engine is only starting


class OpenRun:
    """What the run screen shows. `history` is that of the replay while one goes on."""

    def __init__(self, run: Run):
        self.run = run
        self.recipe, _ = recorded_recipe.read(run)
        self.watcher = RunWatcher(run)
        self.meter = EngineMeter(run)
        self.scrub = Scrub()
        self.replay: Replay | None = None
        self.reading = Reading(alive=True)
        self.gpu: Gpu | None = None
        self._speed = SPEEDS.index(4.0)
        self._metered = 0.0
        self._advanced = 0.0

    @property
    def history(self) -> History:
        return self.replay.history if self.replay else self.watcher.history

    @property
    def clock(self) -> RunClock:
        return self.replay.clock if self.replay else self.watcher.clock

    @property
    def lost(self) -> bool:
        """Whether the engine has gone without a word."""
        return not self.reading.alive and not self.watcher.behind and self.watcher.history.finished is None

    @property
    def status(self) -> str:
        """How the run itself stands, also during a replay."""
        return header.status(self.watcher.history, lost=self.lost)

    @property
    def live(self) -> bool:
        return self.status in LIVE

    def poll(self) -> bool:
        """Reads what is new in the log, or lets the replay go on; returns whether there was anything."""
        new = self.watcher.poll()
        if self.replay is None:
            return new
        now = time.monotonic()
        passed, self._advanced = now - self._advanced, now
        return self.replay.advance(passed)

    def measure(self) -> bool:
        """Looks at the engine's process if it is time to; returns whether anything is new."""
        now = time.monotonic()
        if now < self._metered + METERED:
            return False
        self._metered = now
        before, self.reading = self.reading, self.meter.read()
        self.watcher.history.ends_from = self.reading.first
        if not self.reading.alive and self.watcher.history.version == 0 and _age(self.run) < YOUNG:
            self.reading = Reading(alive=True)  # its engine has not taken the lock yet
        if before.alive and not self.reading.alive:
            self.watcher.poll()  # its last words, before it counts as lost
        return self.reading != before

    # -- replay ----------------------------------------------------------------------------------------------------

    def resumed(self, first: int) -> None:
        """An engine was started that goes on with the run: it has the time to take the lock. first: see Engine."""
        self.replay = None
        self.reading, self._metered = Reading(alive=True, first=first), time.monotonic() + YOUNG
        self.watcher.history.ends_from = first

    def toggle_replay(self) -> None:
        """Begins a replay, or ends it."""
        self.scrub.newest()
        self.replay = None if self.replay else Replay(self.run, SPEEDS[self._speed])
        self._advanced = time.monotonic()

    def change_speed(self, by: int) -> None:
        """Makes the replay faster, or slower where `by` is negative."""
        self._speed = min(max(0, self._speed + by), len(SPEEDS) - 1)
        if self.replay:
            self.replay.speed = SPEEDS[self._speed]


def _age(run: Run) -> float:
    try:
        return time.time() - run.path.stat().st_mtime
    except OSError:
        return YOUNG
