"""Runs that wait, and engines that train nothing."""

import sys
from collections.abc import Callable, Iterator

import pytest

from dltui.jobs import engine_control, launch, queue, queue_worker
from dltui.recipes import recipe
from dltui.runs import run as runs
from tests.cli.conftest import FAKE, wait_until


@pytest.fixture
def engines(monkeypatch, home) -> Iterator[Callable[[str], None]]:
    """engines("wait") makes every engine that is started behave so. Those that still run at the end are ended."""
    monkeypatch.setattr(queue_worker, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(queue_worker, "QUIET", 0.2)

    def behave(behaviour: str) -> None:
        monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), behaviour))

    yield behave
    for worker in queue._workers:
        worker.kill()
        worker.wait()
    queue._workers.clear()
    for run in runs.newest_first():
        wait_until(lambda run=run: engine_control.kill(run) or runs.engine_pid(run) is None)


@pytest.fixture
def behave(monkeypatch, home):
    """behave("wait") -> an engine that does so. What still runs at the end is ended."""
    started = []

    def start(behaviour: str, **options) -> launch.Engine:
        monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), behaviour))
        started.append(launch.start(recipe.load("mlp-moons"), **options))
        return started[-1]

    yield start
    for engine in started:
        engine.kill()


@pytest.fixture
def no_worker(monkeypatch) -> None:
    """Adding starts no process: the test works the queue off itself."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)


def add(word: str = "mlp-moons", /, **start) -> queue.Entry:
    return queue.add(recipe.load(word), **start)


def alive() -> list[runs.Run]:
    """The runs that have begun and whose engine lives, the oldest first."""
    return [run for run in reversed(runs.newest_first()) if run.log.exists() and runs.engine_pid(run) is not None]
