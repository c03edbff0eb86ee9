"""--notify: tells the user of the end, a failure or a standstill of what a command follows."""

from types import TracebackType
from typing import Annotated, Self

import typer

from dltui.cli import terminal_notice
from dltui.cli.environment import Environment
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import notice, notify_settings
from dltui.jobs.notice import Deliveries, Notice
from dltui.jobs.standstill import StandstillWatch
from dltui.runs.run import Run

Notify = Annotated[
    bool | None,
    typer.Option(
        "--notify/--no-notify",
        help="Tell of the end or a failure: by the terminal, or as notify.toml in DLTUI_HOME says (README).",
    ),
]
NotifyStalled = Annotated[
    float | None,
    typer.Option("--notify-stalled", metavar="MINUTES", help="--notify, and tell too when nothing moves for so long."),
]
UNTOLD = (ExitStatus.INTERRUPTED, ExitStatus.PIPE)  # ends that the user has caused here, and knows of


class Notifier:
    """Used by `with`: at its end it waits for what is on its way, and tells what could not be delivered.

    An error that leaves the block after `begun` is told of too.
    """

    def __init__(
        self, env: Environment, command: str, asked: bool | None, minutes: float | None, *, helps: bool = False
    ):
        """asked: --notify or --no-notify. minutes: --notify-stalled. None where neither stands there. helps: a process
        that shares the work of another one, which tells of the end.

        Raises DltuiError (2) where `minutes` are none, or it is asked for and nobody could be told.
        """
        self._env, self._command, self._subject = env, command, ""
        self.settings = checked(env, asked, minutes)
        self._terminal = terminal_of(env) if self.settings and self.settings.terminal else None
        wished = (asked or minutes) and self.settings and not helps
        if wished and self._terminal is None and not self.settings.reaches_out:
            raise nobody()
        self._deliveries = Deliveries(self.settings or notify_settings.NotifySettings())
        seconds = 60 * self.settings.stalled if self.settings else 0.0
        self._standstill = StandstillWatch(seconds, self._stands_still) if seconds else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._subject and isinstance(fault, DltuiError):
            self.ended(self._subject, fault.message, fault.status)
        for problem in self._deliveries.wait():
            self._env.tell(problem)

    def begun(self, subject: str) -> None:
        """From here on an error is the failure of `subject`, which the user may no longer be there to see."""
        self._subject = subject

    def watch(self, run: Run) -> None:
        """Looks whether a run stands still; to be called again and again while it is followed."""
        if self._standstill:
            self._standstill(run)

    def run_ended(self, run: Run, status: ExitStatus) -> None:
        """Tells of a run's end, whose status the command returns."""
        if self.settings:
            self._send(notice.of_run(self._command, run, status))

    def ended(self, subject: str, said: str, status: ExitStatus, **facts: object) -> None:
        """Tells of the end of something that is no single run."""
        if self.settings and status not in UNTOLD:
            event = "failure" if status else "end"
            told = {"status": "failed" if status else "done", "exit": int(status), "reason": said if status else ""}
            self._send(notice.made(event, self._command, subject, said, **told, **facts))

    def _stands_still(self, run: Run, seconds: float) -> None:
        self._send(notice.stalled(self._command, run, seconds))

    def _send(self, told: Notice) -> None:
        if self._terminal:
            terminal_notice.write(self._terminal, told.title, told.text, self._env.variables)
        self._deliveries.send(told)


def checked(
    env: Environment, asked: bool | None, minutes: float | None, *, detached: bool = False
) -> notify_settings.NotifySettings | None:
    """Returns how the user wants to be told; None where that is not wanted. Tells what is wrong in the settings.

    detached: for a process that has no terminal. Raises DltuiError (2) where `minutes` are none, or where nobody could
    be told.
    """
    if minutes is not None:
        try:
            notify_settings.minutes(minutes)
        except ValueError as error:
            raise DltuiError(f"--notify-stalled: {error}", "Example: --notify-stalled 10", ExitStatus.USAGE) from None
    if asked is False:
        return None
    settings = notify_settings.load(env.variables)
    for problem in settings.problems:  # where it is not asked for too: `always` may be what is wrong
        env.tell(problem)
    if not (asked or minutes or settings.always):
        return None
    if detached and asked and not settings.reaches_out:
        raise nobody()
    return settings if minutes is None else settings._replace(stalled=float(minutes))


def terminal_of(env: Environment):
    """Returns the stream that a terminal reads, standard error before standard output; None where there is none."""
    return next((stream for stream in (env.stderr, env.stdout) if stream.isatty()), None)


def nobody() -> DltuiError:
    """The error (2) where a notification is asked for and there is no way to give it."""
    where = notify_settings.paths.home() / notify_settings.FILE
    what = "--notify: there is no terminal here that could be told."
    return DltuiError(what, f'Name a command or url in {where}: command = "..."', ExitStatus.USAGE)
