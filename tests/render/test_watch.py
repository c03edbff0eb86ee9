"""Watching a run: it ends when the run does, draws no more than it must, and replays at the speed asked for."""

import os
import re
import signal
from itertools import pairwise

import pytest

from dltui.render import watch
from dltui.render.terminal import LEAVE, Screen
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.render.watch import Watcher
from tests.render import fake_run
from tests.render.pseudo_terminal import Terminal, shown

LOOK = TerminalCapabilities()


class Time:
    """A clock that only sleeping moves; `meanwhile` holds (moment, what then happens)."""

    def __init__(self):
        self.now = fake_run.BEGAN + 20
        self.slept = 0.0
        self.meanwhile: list = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        while self.meanwhile and self.slept >= self.meanwhile[0][0]:
            self.meanwhile.pop(0)[1]()


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    opened = Terminal()
    yield opened
    opened.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def watcher(tmp_path, time) -> Watcher:
    fake = fake_run.gan(tmp_path)
    found = Watcher(fake.run, fake.recipe, clock=lambda: time.now, sleep=time.sleep)
    found.fake = fake
    return found


@pytest.fixture
def draws(monkeypatch, time) -> list[tuple[float, list[str]]]:
    """(moment, text) of every picture that was drawn."""
    found = []
    write = Screen.write

    def noted(screen, lines):
        found.append((time.slept, ["".join(segment.text for segment in line) for line in lines]))
        return write(screen, lines)

    monkeypatch.setattr(Screen, "write", noted)
    return found


def test_it_ends_when_the_run_has_finished_and_shows_its_end(watcher, time, terminal, draws):
    time.meanwhile = [(1.0, lambda: watcher.fake.finished(1800, "done"))]
    history = watcher.live(terminal.stream, LOOK)
    assert history.finished["status"] == "done" and not watcher.lost
    assert time.slept == pytest.approx(1.0, abs=0.2)
    assert draws[-1][1][0].rstrip().endswith("DONE")
    terminal.until(LEAVE)


def test_it_ends_when_the_engine_is_gone_and_reads_its_last_words(watcher, time, terminal, draws):
    time.meanwhile = [(0.5, lambda: watcher.fake.note("one last word"))]
    history = watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 0.45)
    assert watcher.lost and history.finished is None
    assert history.notes[-1]["text"] == "one last word"
    assert draws[-1][1][0].rstrip().endswith("LOST")


def test_a_resumed_run_does_not_end_by_the_end_it_had_before(watcher, time, terminal):
    watcher.fake.finished(1800, "stopped")
    first = watcher.fake.log.seq
    time.meanwhile = [(1.0, lambda: watcher.fake.finished(3000, "done"))]
    history = watcher.live(terminal.stream, LOOK, first=first)
    assert history.finished["status"] == "done" and time.slept == pytest.approx(1.0, abs=0.2)


def test_an_idle_run_is_drawn_once_a_second_for_the_clock(watcher, time, terminal, draws):
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 20)
    assert 19 <= len(draws) <= 24


def test_a_busy_run_is_drawn_no_oftener_than_asked(watcher, time, terminal, draws):
    def more():
        step = 1800 + int(10 * time.slept)
        watcher.fake.scalars(step, step, generator=lambda steps: steps * 0.1)

    time.meanwhile = [(0.1 * index, more) for index in range(1, 100)]
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 10, frames_per_second=2)
    moments = [moment for moment, _ in draws]
    assert min(after - before for before, after in pairwise(moments[:-1])) >= 0.45


def test_slow_drawing_means_fewer_frames_not_more_work(watcher, time, terminal, draws, monkeypatch):
    ticks = iter(range(10_000))
    monkeypatch.setattr(watch.time, "perf_counter", lambda: 0.1 * next(ticks))  # a frame takes 0.1 s
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 20)
    assert 5 <= len(draws) <= 7  # 2.5 % of a processor: one in four seconds


def test_a_new_size_is_drawn_at_once(watcher, time, terminal, draws):
    time.meanwhile = [(3.05, lambda: terminal.resize(100, 30))]
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 6)
    moment, lines = next((moment, lines) for moment, lines in draws if len(lines) == 30)
    assert moment == pytest.approx(3.1, abs=0.11) and len(lines[0]) == 100


def test_a_terminal_that_was_small_for_a_moment_is_painted_whole(watcher, time, terminal):
    """Between two looks at its size it went to 20x5 and back: only the signal tells."""

    def for_a_moment():
        terminal.resize(20, 5)
        terminal.resize(40, 10)
        os.kill(os.getpid(), signal.SIGWINCH)

    before = signal.getsignal(signal.SIGWINCH)
    time.meanwhile = [(1.0, for_a_moment)]
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 3)
    assert terminal.until(LEAVE).count(b"\x1b[?2026h\x1b[2J") == 2  # the first frame, and this one
    assert signal.getsignal(signal.SIGWINCH) == before


def test_what_is_said_is_drawn(watcher, time, terminal, draws):
    time.meanwhile = [(1.0, lambda: setattr(watcher, "said", "stopping ..."))]
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 3)
    assert any(lines[-1].startswith("stopping ...") for _, lines in draws)


def test_it_ends_when_the_terminal_is_gone(watcher, time, terminal, monkeypatch):
    write = os.write

    def torn(file, data):
        if file == terminal.stream.fileno() and time.slept > 2:
            raise OSError(5, "Input/output error")
        return write(file, data)

    terminal.resize(80, 24)  # wide enough for a clock that moves
    monkeypatch.setattr(os, "write", torn)
    assert watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 60).finished is None
    assert time.slept < 5


def test_a_replay_takes_as_long_as_the_run_over_its_speed(watcher, time, terminal, draws):
    watcher.fake.finished(1800)
    history = watcher.replay(terminal.stream, LOOK, speed=2)
    assert time.slept == pytest.approx((0.5 + 1800 / fake_run.RATE) / 2, rel=0.05)
    assert history.finished and draws[-1][1][0].rstrip().endswith("DONE")
    steps = [int(re.search(r"step ([\d,]+)/", "".join(lines))[1].replace(",", "")) for _, lines in draws[1:]]
    assert steps == sorted(steps) and len(set(steps)) > 5  # it was seen to grow


def test_a_replay_cuts_long_silences(watcher, time, terminal):
    watcher.fake.log.write("note", t=fake_run.BEGAN + 90_000, level="info", text="the next day")
    watcher.replay(terminal.stream, LOOK)
    assert time.slept < 0.5 + 1800 / fake_run.RATE + watch.SILENCE + 1


def test_a_person_sees_the_view(watcher, time, terminal):
    terminal.resize(80, 24)
    watcher.live(terminal.stream, LOOK, ended=lambda: time.slept > 1)
    seen = shown(terminal.until(LEAVE).removesuffix(LEAVE), 80, 24)
    assert seen[0].startswith("Generative adversarial network") and seen[0].endswith("LOST")
    assert any("generator 1." in line for line in seen) and seen[-1].endswith("dltui run --resume")


def test_a_long_log_is_drawn_before_all_of_it_is_read(watcher, terminal, draws, monkeypatch):
    """Each look may take no time at all: one event a look, a picture between, and the end is not missed."""
    monkeypatch.setattr(watch, "BUDGET", 0.0)
    watcher.fake.finished(1800)
    history = watcher.live(terminal.stream, LOOK, ended=lambda: True)
    assert history.finished["status"] == "done" and not watcher.lost and not watcher.behind
    assert len(history.curves) >= 5
