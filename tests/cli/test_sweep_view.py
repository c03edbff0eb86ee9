"""A sweep on a real terminal: its live view, its end by Ctrl-C, another size; elsewhere plain lines and no escape."""

import fcntl
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte
import pytest

from dltui.jobs import launch
from dltui.runs import run as runs
from tests.cli.conftest import wait_until
from tests.cli.terminal import Terminal, command
from tests.cli.test_terminal import ENTERED, LEFT

VALLEY = Path(__file__).with_name("valley_engine.py")
ASKED = ("--metric", "net.accuracy", "--goal", "max", "--sampler", "grid")
RATES = "optimizer.lr=0.1|0.03|0.01|0.003|0.9"


@pytest.fixture(autouse=True)
def valley(monkeypatch):
    """The engine has an accuracy that is best at a learning rate of 0.01; one of 0.0001 takes its time."""
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(VALLEY)))
    monkeypatch.setenv("PYTHONPATH", str(VALLEY.parents[2]))
    monkeypatch.delenv("CI", raising=False)


def swept(*words: str) -> Terminal:
    return Terminal("sweep", "mlp-moons", *words, *ASKED, engine=VALLEY)


def screens(output: bytes, columns: int = 100, rows: int = 30) -> list[str]:
    """What stood on the terminal after each of the pictures that were sent."""
    screen = pyte.Screen(columns, rows)
    found = []
    for part in output.partition(ENTERED)[2].partition(LEFT)[0].split(b"\x1b[?2026l"):
        pyte.ByteStream(screen).feed(part.replace(b"\x1b[?2026h", b""))
        found.append("\n".join(screen.display))
    return found


def test_the_view_shows_the_best_and_what_runs_and_leaves_the_report(home):
    terminal = swept("optimizer.lr=0.01|0.9|0.0001", "--together", "1", "--name", "night")
    assert terminal.finish() == 0
    seen, rest = screens(terminal.output), terminal.output.partition(LEFT)[2].decode()
    [batch] = {text.splitlines()[1].split()[0] for text in seen if "Sweep of mlp-moons" in text}
    assert batch == "night" and any("RUNNING" in text and "net.accuracy, higher is better" in text for text in seen)
    assert any(re.search(r"now +trial \d +step \d+/100 +0\.\d+ +mlp-moons-\d+-\d+-\w{4}", text) for text in seen)
    last = next(text for text in reversed(seen) if "trials" in text)
    assert re.search(r"best +1\.000 +trial \d +lr=0\.01", last) and "1 failed" in last
    assert "The best: net.accuracy 1.000" in rest and "failed: loss is nan at step 3" in rest
    assert rest.rstrip().splitlines()[-1] == "The best again: dltui run mlp-moons optimizer.lr=0.01"
    assert all(any(run.id in text for text in seen) for run in runs.newest_first()), "each id stood there whole"


def test_ctrl_c_gives_the_terminal_back_and_says_the_command_that_goes_on(home, dltui):
    terminal = swept("optimizer.lr=0.0001|0.01", "--together", "1", "--name", "night")
    terminal.read_until(b"step ")
    os.write(terminal.master, b"\x03")
    assert terminal.finish() == 130
    rest = terminal.output.partition(LEFT)[2].decode().replace("\r\n", "\n")
    assert any("STOPPING" in text and "saves a checkpoint" in text for text in screens(terminal.output))
    said = rest.partition("Go on: ")[2].strip()
    assert said == shlex.join([
        "dltui", "sweep", "mlp-moons", "optimizer.lr=0.0001|0.01", "--sampler", "grid", "--metric", "net.accuracy",
        "--goal", "max", "--together", "1", "--name", "night",
    ])  # fmt: skip
    assert not any(runs.engine_pid(run) for run in runs.newest_first())
    again = dltui(*shlex.split(said)[1:])
    assert again.status == 0 and "2 trials ended, 1 interrupted" in again.err


def test_another_size_is_drawn_whole_at_once(home):
    """At 120 x 40 there is room for the plot."""
    terminal = swept("optimizer.lr=0.01|0.0001", "--together", "1")
    terminal.read_until(b"1 done")
    before = len(terminal.output)
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    terminal.read_until(b"best so far")
    os.write(terminal.master, b"\x03")
    terminal.finish()
    shown = screens(ENTERED + terminal.output[before:], 120, 40)
    assert any("Sweep of mlp-moons" in text and "best so far" in text and "TRIAL" in text for text in shown)


def test_a_terminal_that_hangs_up_ends_the_sweep_and_its_engine(home):
    terminal = swept("optimizer.lr=0.0001|0.01", "--together", "1")
    terminal.read_until(b"step ")
    os.close(terminal.master)
    assert terminal.process.wait(60) in (143, -signal.SIGHUP)
    wait_until(lambda: not any(runs.engine_pid(run) for run in runs.newest_first()))


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}])
def test_without_a_live_view_there_are_plain_lines(dltui, variables):
    result = dltui("sweep", "mlp-moons", RATES, *ASKED, "--json", terminal=True, **variables)
    assert "\x1b" not in result.out + result.err and len(re.findall(r"trial \d of", result.err)) == 5
    result = dltui("sweep", "mlp-moons", RATES, *ASKED, terminal=True, **variables)
    assert (
        result.status == 0 and ENTERED.decode() not in result.out and len(re.findall(r"trial \d of", result.err)) == 5
    )


def test_a_pipe_gets_the_table_alone(home):
    words = command("sweep", "mlp-moons", RATES, *ASKED, engine=VALLEY)
    ended = subprocess.run(words, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0 and "\x1b" not in ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[0].split()[0] == "TRIAL" and len(ended.stdout.splitlines()) == 5


def test_an_idle_view_is_drawn_a_few_times_a_second_only(home):
    """Guards a view that takes the processor from the engine."""
    terminal = swept("optimizer.lr=0.0001|0.01", "--together", "1")
    terminal.read_until(b"step ")
    before, began = terminal.output.count(b"\x1b[?2026h"), time.monotonic()
    while time.monotonic() - began < 2:
        terminal.read()
    assert terminal.output.count(b"\x1b[?2026h") - before <= 12
    os.write(terminal.master, b"\x03")
    terminal.finish()
