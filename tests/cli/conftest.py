"""Commands called in this process, in an environment of their own, with an engine that trains nothing."""

import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dltui.cli.environment import Environment
from dltui.cli.main import program
from dltui.jobs import engine_control, launch
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.run import Run

FAKE = Path(__file__).with_name("fake_engine.py")


class Stream(io.StringIO):
    """A text stream that may pretend to be a terminal."""

    encoding = "utf-8"

    def __init__(self, text: str = "", terminal: bool = False):
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Result(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command has a home that only its test has, and no terminal's size."""
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def dltui() -> Callable[..., Result]:
    """dltui("list", "mnist", stdin="", terminal=False, LANG="ru_RU.UTF-8") -> Result, like the shell's."""

    def call(*words: str, stdin: str = "", terminal: bool = False, **variables: str) -> Result:
        out, err = Stream(terminal=terminal), Stream(terminal=terminal)
        env = Environment(Stream(stdin, terminal), out, err, {"TERM": "xterm-256color", "LANG": "C.UTF-8", **variables})
        status = program(list(words), env)
        return Result(int(status), out.getvalue(), err.getvalue())

    return call


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    """Returns as soon as `true()` is; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def running(engine, dltui) -> Callable[..., Run]:
    """running("wait") -> a run whose engine behaves so, and has begun."""

    def begin(behaviour: str = "wait") -> Run:
        engine(behaviour)
        run = runs.find(dltui("run", "mlp-moons", "--detach").out.strip())
        wait_until(lambda: runs.state(run).status == "running")
        return run

    return begin


@pytest.fixture
def done(engine, dltui) -> Callable[..., Run]:
    """done("mlp-moons", "train.steps=5") -> a run that went to its end."""

    def finish(*words: str, behaviour: str = "done") -> Run:
        engine(behaviour)
        dltui("run", *words, "--quiet")
        return runs.newest_first()[0]

    return finish


@pytest.fixture
def make(home) -> Callable[..., Run]:
    """make(3, accuracy=0.5) -> a run of the third of January 2026 that is done, and of which that is known."""

    def write(day: int, **values: float) -> Run:
        run = Run(home / "runs" / f"mlp-moons-202601{day:02}-120000-ab{day:02}")
        run.path.mkdir(parents=True)
        (run.path / "recipe.toml").write_text('title = "Moons"\n')
        log = EventLog(run.log)
        log.write("started", step=0, steps=9, series=[""])
        log.write("finished", status="done", exit=0, step=9, steps=9, seconds=1.0, error="", summary=values, expect=[])
        log.close()
        return run

    return write


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """engine("done") makes every engine that is started behave so. Those that still run at the end are ended."""

    def behave(behaviour: str) -> None:
        monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), behaviour))

    yield behave
    for run in runs.newest_first():
        if runs.engine_pid(run):
            engine_control.kill(run)
