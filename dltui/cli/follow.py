"""A run followed to its end, as JSON lines, plain lines or the live view, and what its end means to the shell."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol, Self

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, engine_control, launch
from dltui.recipes.recipe import Recipe
from dltui.runs import recorded_recipe
from dltui.runs import run as runs
from dltui.runs.events import Tail, encode
from dltui.runs.history import History
from dltui.runs.run import Run

LOOK = 0.1  # seconds between two looks at the log
LINE = 3.0  # seconds between two plain lines
PIECE = 256  # events


class Followed(Protocol):
    """What is followed: a launch.Engine that is ours, or a run that somebody else started."""

    run: Run
    first: int  # seq of the first event that is shown as new
    ends_from: int  # of the first that can be its end: the log of one that was resumed holds an older end

    def ended(self) -> bool: ...


def unwatched(run: Run) -> None:
    """Nobody asks whether a run stands still."""


class Attached(NamedTuple):
    """A run that we did not start. ends_from: see `engine_lock.first_of`, of a run that may be live. watch: is called
    with it whenever its end is looked for."""

    run: Run
    first: int = 0
    ends_from: int = 0
    watch: Callable[[Run], None] = unwatched

    def ended(self) -> bool:
        self.watch(self.run)
        return runs.engine_pid(self.run) is None and not runs.state(self.run).live


class Interrupts:
    """Ctrl-C and SIGTERM while we follow an engine of ours: the first asks it to save and stop, the second ends it.

    The handlers only count. What was asked is done by `serve`, which the following loop calls: a handler that wrote to
    a stream could meet the loop writing to it.
    """

    ASKED = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}  # noqa: RUF012

    def __init__(self, tell: Callable[[str], None], *, hang_up: bool = False, watch: Callable[[Run], None] = unwatched):
        """hang_up: a terminal that is gone counts as a SIGTERM, where what is followed is of no use to others.

        watch: is called with each run that is followed, whenever its end is looked for.
        """
        self.tell, self.watch = tell, watch
        hang_up = hang_up and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # nohup: it is to go on
        self.asked = self.ASKED | ({signal.SIGHUP: ExitStatus.TERMINATED} if hang_up else {})
        self.count = 0
        self._served: dict[Run, int] = {}  # of each engine that is followed
        self.status = ExitStatus.OK

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in self.asked}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        self.count += 1
        self.status = self.asked[signal.Signals(number)]

    def serve(self, engine: launch.Engine | cluster.JobEngine) -> None:
        """Does what was asked since the last call for this engine."""
        served = self._served.get(engine.run, 0)
        if self.count == served or engine.ended():
            return
        self._served[engine.run] = self.count
        first = not served
        if not first or self.count > 1:
            engine.kill()
        elif self.status is ExitStatus.TERMINATED:
            engine.terminate()
        else:
            self.tell("stopping: it saves a checkpoint first (Ctrl-C again ends it at once)")
            with suppress(DltuiError):  # it ended in this very moment
                if not cluster.withdraw(engine.run):
                    engine_control.request(engine.run, "stop")


class Interruptible(NamedTuple):
    """An engine of ours, with the user's Ctrl-C served whenever its end is looked for."""

    engine: launch.Engine | cluster.JobEngine
    interrupts: Interrupts

    @property
    def run(self) -> Run:
        return self.engine.run

    @property
    def first(self) -> int:
        return self.engine.first

    @property
    def ends_from(self) -> int:
        return self.engine.first

    def ended(self) -> bool:
        self.interrupts.serve(self.engine)
        self.interrupts.watch(self.run)
        return self.engine.ended()


# -- the ways to show it -----------------------------------------------------------------------------------------------


def events_until_end(followed: Followed, history: History) -> Iterator[list[dict]]:
    """Yields the new events that count, again and again until the run has ended; `history` takes in all of them.

    A long log comes in pieces, for nobody keeps all of it, and an empty list where all was read that there is.
    """
    tail = Tail(followed.run.log, stored=True)
    while True:
        ended = followed.ended()  # looked at before the log: what was written last is read still
        events = tail.read()
        while new := list(islice(events, PIECE)):
            history.take(new)
            yield [event for event in new if event["seq"] >= followed.first]
        history.unreadable = tail.unreadable
        yield []
        if ended:
            return
        time.sleep(LOOK)


def as_events(followed: Followed, env) -> History:
    """Prints the run's events as they come, and nothing else."""
    history = History(compact=True)
    for new in events_until_end(followed, history):
        for event in new:
            whole = event | {"payload": event["payload"]} if event["kind"] == "frame" else event  # it stayed in the log
            env.print(encode(whole).decode().rstrip("\n"))
        if new:
            env.stdout.flush()
    return history


def quietly(followed: Followed) -> History:
    """Waits for the end and shows nothing."""
    history = History()
    for _ in events_until_end(followed, history):
        pass
    return history


def as_lines(followed: Followed, env) -> History:
    """Tells notes as they come and one line of progress every few seconds, on standard error."""
    from dltui.render.plain import progress_line

    history, due, told = History(compact=True), time.monotonic() + LINE, ""
    for new in events_until_end(followed, history):
        for event in new:
            if event["kind"] == "note" and event["level"] != "progress":
                told = event["text"]
                env.tell(told)
        if not new and time.monotonic() >= due and not history.finished:
            line, due = progress_line(history, time.time()), time.monotonic() + LINE
            if line != told:  # before the first step it is the newest note
                env.tell(line)
            told = line
    return history


# -- its end -----------------------------------------------------------------------------------------------------------


def live(followed: Followed, recipe: Recipe, env) -> History:
    """Shows the live view on the terminal until the run ends, then its summary in the scrollback."""
    from dltui.render.terminal_capabilities import detect
    from dltui.render.watch import Watcher

    watcher = Watcher(followed.run, recipe)
    interrupts = getattr(followed, "interrupts", None)
    if interrupts:
        interrupts.tell = lambda text: setattr(watcher, "said", text)
    keys = "Ctrl-C stops and saves" if interrupts else "Ctrl-C leaves, the run goes on"
    look = detect(env.variables, env.stdout)
    history = watcher.live(env.stdout, look, ended=followed.ended, first=followed.ends_from, keys=keys)
    if not _is_over(followed, history) and not followed.ended():
        raise BrokenPipeError  # the terminal is gone; the run goes on
    summarised(followed, history, recipe, env)
    while not followed.ended():  # it has written its last event and leaves
        time.sleep(LOOK)
    return history


def summarised(followed: Followed, history: History, recipe: Recipe, env) -> None:
    """Shows what the run came to: on the terminal, or as plain text on standard error."""
    from dltui.cli.drawing import draw, plain
    from dltui.render import summary
    from dltui.render.terminal import size

    lost = not _is_over(followed, history) and followed.ended()  # a replay may be of a run that goes on
    shown = partial(summary.render, kept=getattr(followed, "kept", True))
    if env.animated:
        high = size(env.stdout.fileno())[1]
        draw(env, lambda width, look: shown(history, followed.run, recipe, width, look, lost=lost, height=high))
    else:
        env.tell(plain(env, lambda width, look: shown(history, followed.run, recipe, width, look, lost=lost)))
    if history.unreadable:
        env.tell(unreadable(history.unreadable))


def unreadable(lines: int) -> str:
    """What to say of lines of a log that are no events."""
    return f"{lines} line{'s' if lines != 1 else ''} of the log could not be read."


def show(followed: Followed, env, *, as_json: bool = False, quiet: bool = False) -> ExitStatus:
    """Shows a run to its end in the way that fits, and returns its exit status."""
    if as_json or quiet:
        history = as_events(followed, env) if as_json else quietly(followed)
        return end_of(followed, history, env)
    recipe = recipe_of(followed.run, env)
    if env.animated:
        history = live(followed, recipe, env)
    else:
        history = as_lines(followed, env)
        summarised(followed, history, recipe, env)
    return end_of(followed, history, env, told=True)


def end_of(followed: Followed, history: History, env, *, told: bool = False) -> ExitStatus:
    """Returns the exit status of a run that ended; tells what the user must know of a bad end.

    told: the summary has said what the log says.
    """
    run, finished = followed.run, history.finished
    if _is_over(followed, history):
        if finished["error"] and not told:
            env.tell("\n".join(filter(None, [finished["error"], finished.get("hint", "")])))
        return ExitStatus(finished["exit"])
    again = f"Go on from its last checkpoint: dltui run --resume {run.id}"
    interrupts = getattr(followed, "interrupts", None)
    if interrupts and interrupts.status:
        env.tell(f"{run.id} was ended at once. {again}")
        return interrupts.status
    env.tell(f"{run.id}: the engine{_death(followed)} before it finished. Its last words:")
    env.tell(launch.last_words(run))
    env.tell(again)
    return ExitStatus.FAILED


def _is_over(followed: Followed, history: History) -> bool:
    return history.finished is not None and history.finished["seq"] >= followed.ends_from


def _death(followed: Followed) -> str:
    process = getattr(getattr(followed, "engine", None), "process", None)
    if process is None:
        return " died"
    if process.returncode < 0:
        return f" was killed by {signal.Signals(-process.returncode).name}"
    return f" ended with status {process.returncode}"


def recipe_of(run: Run, env) -> Recipe:
    """Returns the recipe that a run's folder holds; tells what is wrong with its file, and shows the run without."""
    recipe, problem = recorded_recipe.read(run)
    if problem:
        env.tell(problem)
    return recipe
