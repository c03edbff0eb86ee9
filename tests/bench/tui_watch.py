#!/usr/bin/env python3
"""What the run screen costs while a run trains: CPU, bytes to the terminal, the time from a key to its effect.

    python tests/bench/tui_watch.py [--seconds 20] [--presses 100] [--columns 120] [--lines 40] [--only watch,keys]

Everything is measured from outside, at a pseudo-terminal: the app runs as it does for a person, against a real engine.

watch   the app's CPU and bytes at 4 frames a second: three panes whose pictures come every 5 s; the same, no new ones
keys    from a key to its effect, while the engine trains on all cores
speed   steps a second with the app at 10 frames a second attached, and without it: blocks in turn
log     a log of ten million steps: from the key that opens the run to its curve, then zoom and pan
"""

import argparse
import atexit
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import psutil

sys.path.insert(0, str(Path(__file__).parent))
QUIET = 0.25  # seconds without output after which the app is taken to wait
BURST = 0.05  # seconds without output after which what a key does is taken to be drawn
FOREVER = {"train.steps": 100_000_000, "data.from": "builtin"}


class Terminal:
    """The app at a pseudo-terminal, read by a thread that notes when how much came."""

    def __init__(self, columns: int, lines: int, frames: int):
        settings = Path(os.environ["DLTUI_HOME"]) / "settings.json"
        settings.write_text(json.dumps({"app.frames": frames}))
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dltui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=variables,
        )
        os.close(slave)
        self.output: list[tuple[float, bytes]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            self.output.append((time.perf_counter(), data))

    @property
    def bytes(self) -> int:
        return sum(len(data) for _, data in self.output)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def press(self, key: str) -> float:
        os.write(self.master, key.encode())
        return time.perf_counter()

    def shows(self, marker: str, since: float, seconds: float = 30) -> float:
        """Seconds from `since` until the bytes of `marker` came."""
        end = time.perf_counter() + seconds
        seen = 0
        text = b""
        while time.perf_counter() < end:
            for at, data in self.output[seen:]:
                seen += 1
                if at > since:
                    text += data
                    if marker.encode() in text:
                        return at - since
            time.sleep(0.001)
        raise TimeoutError(f"{marker!r} was not shown")

    def drawn(self, since: float, quiet: float = QUIET) -> float:
        """Seconds from `since` until the last byte before `quiet` seconds without any."""
        last = 0.0
        while not last or time.perf_counter() - last < quiet:
            time.sleep(0.002)
            last = max((at for at, _ in self.output[-50:] if at > since), default=0.0)
        return last - since

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        os.close(self.master)


def start(name: str, threads: int, **changes: object):
    """Starts an engine; returns it once it trains."""
    from dltui.jobs import data_source, launch
    from dltui.recipes import recipe
    from dltui.runs import run as runs

    wanted = FOREVER | {key.replace("__", "."): value for key, value in changes.items()}
    found = data_source.with_source(recipe.load(name, wanted), named_here=True)
    engine = launch.start(found, threads=threads)
    while runs.state(engine.run).step == 0:
        if engine.process.poll() is not None:
            sys.exit(launch.last_words(engine.run))
        time.sleep(0.1)
    atexit.register(engine.kill)
    return engine


def open_run(given: argparse.Namespace, frames: int) -> Terminal:
    """The app with the newest run open."""
    terminal = Terminal(given.columns, given.lines, frames)
    terminal.drawn(0)
    terminal.shows("RUNNING", terminal.press("2"))
    time.sleep(2)
    return terminal


def watch(given: argparse.Namespace) -> None:
    print(f"{'watching mlp-moons at 4 frames/s':<44} {'CPU of one core':>16} {'KiB/s':>8}")
    for told, changes in (
        ("three panes, pictures every 5 s", {}),
        ("three panes, no new pictures", {"train__picture_seconds": 1e6, "train__evaluate_every": 50_000_000}),
    ):
        engine = start("mlp-moons", 1, **changes)
        terminal = open_run(given, 4)
        cpu, sent, begun = terminal.cpu(), terminal.bytes, time.perf_counter()
        time.sleep(given.seconds)
        passed = time.perf_counter() - begun
        share, rate = (terminal.cpu() - cpu) / passed, (terminal.bytes - sent) / passed / 1024
        print(f"{told:<44} {share:>15.1%} {rate:>8.1f}")
        terminal.close()
        engine.kill()


def keys(given: argparse.Namespace) -> None:
    engine = start("mlp-mnist", os.cpu_count() or 1)
    terminal = open_run(given, 4)
    taken = []
    for press in range(given.presses):
        time.sleep(0.05 + 0.013 * (press % 23))  # at every phase of the app's timer
        taken.append(1000 * terminal.shows(" at ", terminal.press("c")))
        time.sleep(0.1)
        terminal.press("c")
    cuts = quantiles(taken, n=100)
    print(f"{'from a key to its effect, ms':<44} {'median':>8} {'p99':>8} {'most':>8}")
    print(f"{'cursor on, mlp-mnist on all cores':<44} {median(taken):>8.1f} {cuts[98]:>8.1f} {max(taken):>8.1f}")
    terminal.close()
    engine.kill()


def reached(engine) -> tuple[int, float]:
    """The last step that the log holds, and the engine's clock then: between two of them lie steps a second."""
    from dltui.runs import events

    last = [event for event in events.last_events(engine.run.log) if event["kind"] == "scalars"][-1]
    return last["step"][-1], last["t"]


def speed(given: argparse.Namespace) -> None:
    print(f"{'steps/s, the app at 10 frames/s':<44} {'attached':>10} {'alone':>10} {'ratio':>7}")
    for name in ("mlp-mnist", "lenet-mnist"):
        engine = start(name, 0)
        rates: dict[bool, list[float]] = {True: [], False: []}
        for block in range(24):
            attached = block % 4 in (0, 3)  # with, without, without, with: the machine's mood goes on and off slowly
            terminal = open_run(given, 10) if attached else None
            step, begun = reached(engine)
            time.sleep(given.seconds / 4)
            last, ended = reached(engine)
            rates[attached].append((last - step) / (ended - begun))
            if terminal:
                terminal.close()
        with_it, alone = median(rates[True]), median(rates[False])
        ratios = [a / b for a, b in zip(rates[True], rates[False], strict=True)]  # of neighbours
        low, ratio, high = quantiles(ratios, n=4)
        print(f"{name:<44} {with_it:>10.0f} {alone:>10.0f} {ratio:>7.3f}  quartiles {low:.3f} {high:.3f}")
        engine.kill()


def log(given: argparse.Namespace) -> None:
    import long_log

    from dltui.recipes import recipe
    from dltui.runs import run as runs
    from dltui.runs.events import EventLog

    run = runs.create("mlp-mnist", recipe.to_toml(recipe.load("mlp-mnist")), {"data": "builtin"})
    begun = EventLog(run.log)
    begun.write("started", device="cpu", precision="fp32", threads=1, params=1, steps=10_000_000, step=0, series=[""])
    begun.close()
    long_log.write(run.log, 10_000_000, 760.0)
    ended = EventLog(run.log)
    ended.write(
        "finished", status="done", exit=0, step=10_000_000, steps=10_000_000, summary={}, expect=[], seconds=13158.0,
        error="", hint="",
    )  # fmt: skip
    ended.close()
    terminal = Terminal(given.columns, given.lines, 4)
    terminal.drawn(0)
    print(f"{'a log of 10 million steps, ms':<44} {'median':>8} {'most':>8}")
    opened = 1000 * terminal.shows("10M", terminal.press("2"))
    print(f"{'from the key that opens it to the curve':<44} {opened:>8.0f} {opened:>8.0f}")
    terminal.drawn(0)
    for told, sequence in (
        ("zoom", "+++---" * 4),
        ("pan", "+++" + "hhhlll" * 4),
        ("log axis, smoothing", "g[]g][" * 4),
    ):
        terminal.press("0")
        terminal.drawn(0)
        taken = []
        for key in sequence:
            taken.append(1000 * terminal.drawn(terminal.press(key), BURST))
            terminal.drawn(0)
        print(f"{told:<44} {median(taken):>8.1f} {max(taken):>8.1f}")
    memory = psutil.Process(terminal.process.pid).memory_info().rss / 2**20
    print(f"{'memory of the app, MiB':<44} {memory:>8.0f}")
    terminal.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--only", default="watch,keys,speed,log")
    given = parser.parse_args()
    parts = {"watch": watch, "keys": keys, "speed": speed, "log": log}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # by `timeout`: no engine stays behind
    with tempfile.TemporaryDirectory(prefix="dltui-bench-") as folder:
        os.environ["DLTUI_HOME"] = folder
        for name in given.only.split(","):
            parts[name](given)


if __name__ == "__main__":
    main()
