"""Tells the user of the ends of runs that the queue has started: by a command or an address, for it has no terminal."""

import sys
from contextlib import suppress

from dltui.errors import ExitStatus
from dltui.jobs import notice, notify_settings
from dltui.jobs.notice import Deliveries
from dltui.jobs.standstill import StandstillWatch
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run

COMMAND = "queue"


class QueueNotices:
    """`follow` takes a run that was started, `look` is called again and again while there are any."""

    def __init__(self) -> None:
        self._settings = notify_settings.load()
        self._deliveries = Deliveries(self._settings)
        self._followed: dict[Run, StandstillWatch | None] = {}

    @property
    def any(self) -> bool:
        """Whether the end of a run is still to be told of."""
        return bool(self._followed)

    def follow(self, run: Run, minutes: float | bool | None) -> None:
        """Tells of this run's end where that is wanted. minutes: `notify` of `queue.add`."""
        wanted = self._settings.always if minutes is None else minutes is not False
        if not wanted or not self._settings.reaches_out:
            return
        seconds = 60 * (self._settings.stalled if minutes is None else minutes)
        self._followed[run] = StandstillWatch(seconds, self._stands_still) if seconds else None

    def look(self) -> None:
        """Tells of what has ended, or stands still, since the last look."""
        for run, standstill in list(self._followed.items()):
            try:
                if runs.engine_pid(run) is not None or runs.state(run).live:
                    if standstill:
                        standstill(run)
                    continue
                self._deliveries.send(notice.of_run(COMMAND, run, _exit_of(run)))
            except OSError:  # its folder has just been deleted: there is nothing to tell
                pass
            del self._followed[run]

    def wait(self) -> None:
        """Waits until all is delivered, and writes down what could not be."""
        for problem in self._deliveries.wait():
            with suppress(OSError):  # a full disk
                print(problem, file=sys.stderr, flush=True)

    def _stands_still(self, run: Run, seconds: float) -> None:
        self._deliveries.send(notice.stalled(COMMAND, run, seconds))


def _exit_of(run: Run) -> int:
    last = events.last_event(run.log)
    return last["exit"] if last is not None and last["kind"] == "finished" else ExitStatus.FAILED
