#!/usr/bin/env python3
"""The list of runs with 10,000 runs: until it is open, and what a person waits for at keys that filter, sort and move.

    python tests/bench/tui_runs.py [--runs 10000] [--rounds 11] [--runs-in FOLDER] [--columns 120] [--lines 40]

Everything is measured from outside, at a pseudo-terminal. A key's time is from its byte until the last byte of the
screen that then stays. CPU is that of the whole app for one key, which other programs on the machine do not stretch.
"""

import argparse
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles

import psutil
import pyte
from startup import make_runs

QUIET = 0.3  # seconds without output after which a screen stays
FILTER = {"filter: a letter of a word": "mlp", "filter: of a condition": " acc>.5", "filter: of a topic": " topic:f"}
ESCAPE, PAGE_DOWN = "\x1b[27u", "\x1b[6~"  # not a bare ESC: of that a terminal's next byte, or none, tells what it is


class Terminal:
    """The app at a pseudo-terminal, read by a thread that notes when what came."""

    def __init__(self, columns: int, lines: int):
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dltui"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=variables,
        )  # fmt: skip
        os.close(slave)
        self._pieces: list[tuple[float, bytes]] = []
        self._last = time.perf_counter()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            self._last = time.perf_counter()
            self._pieces.append((self._last, data))

    def _taken_in(self) -> list[tuple[float, tuple[str, ...]]]:
        """What the screen showed since the last call, and when."""
        pieces, self._pieces = self._pieces, []
        found = []
        for at, data in pieces:
            self._stream.feed(data.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))  # unknown to pyte
            found.append((at, tuple(self.screen.display)))
        return found

    def settled(self) -> list[tuple[float, tuple[str, ...]]]:
        """Waits until the screen stays; returns what it showed since the last look, and when."""
        end = time.perf_counter() + 10
        while time.perf_counter() - self._last < QUIET or not (self._pieces or time.perf_counter() > end):
            time.sleep(0.01)
        return self._taken_in()

    def until(self, true: Callable[[str], object]) -> float:
        """Returns when the screen first was such."""
        end = time.perf_counter() + 60
        while time.perf_counter() < end:
            for at, display in self._taken_in():
                if true("\n".join(display)):
                    return at
            time.sleep(0.005)
        raise SystemExit("it was not shown:\n" + "\n".join(self.screen.display))

    def press(self, key: str) -> float:
        self._last = begun = time.perf_counter()
        os.write(self.master, key.encode())
        return begun

    def answer(self, key: str) -> tuple[float, float]:
        """Presses a key; returns milliseconds until the screen that stays, and those that the app computed."""
        worked, begun = self.worked(), self.press(key)
        found = self.settled()
        if not found:
            raise SystemExit(f"{key!r} changed nothing:\n" + "\n".join(self.screen.display))
        stays = next(at for at, display in found if display == found[-1][1])
        return (stays - begun) * 1e3, (self.worked() - worked) * 1e3

    def worked(self) -> float:
        """Seconds of CPU so far: Linux tells them finely, psutil in hundredths."""
        try:
            tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except OSError:
            return sum(psutil.Process(self.process.pid).cpu_times()[:2])

    @property
    def memory(self) -> float:
        """MiB."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        os.close(self.master)


def told(what: str, times: Iterable[tuple[float, float]], limit: int) -> None:
    wall, worked = zip(*times, strict=True)
    low, middle, high = quantiles(wall, n=4)
    cells = (middle, low, high, max(wall), quantiles(worked, n=4)[1])
    print(f"{what:32}", *(f"{cell:7.0f}" for cell in cells), f"{limit:8}", flush=True)


def opened(given: argparse.Namespace, count: int) -> tuple[Terminal, list[tuple[float, float]]]:
    """The app, all runs read; milliseconds from the key, and of CPU, until the newest are seen and until all are."""
    terminal = Terminal(given.columns, given.lines)
    terminal.until(lambda text: "search" in text)
    terminal.settled()
    time.sleep(1)  # for what the app does once its first screen is there
    worked, begun, times = terminal.worked(), terminal.press("3"), []
    for true in (
        lambda text: f"{count:,} runs" in text and "done" in text,
        lambda text: f"{count:,} runs" in text and "reading" not in text,
    ):
        times.append((terminal.until(true), terminal.worked()))
    return terminal, [((at - begun) * 1e3, (cpu - worked) * 1e3) for at, cpu in times]


def keys(terminal: Terminal, rounds: int, count: int) -> None:
    """Presses each kind of key at least so often as there are rounds, at any phase of the app's timer."""

    def pressed(*keys: str) -> list[tuple[float, float]]:
        times = []
        for number, key in enumerate(keys):
            time.sleep(0.013 * (number % 19))
            times.append(terminal.answer(key))
        return times

    typed: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        terminal.answer("/")
        for what, letters in FILTER.items():
            typed.setdefault(what, []).extend(pressed(*letters))
        assert f" of {count:,} runs" in terminal.screen.display[0], terminal.screen.display[0]
        typed.setdefault("filter: none again (esc)", []).extend(pressed(ESCAPE))
        assert f" {count:,} runs" in terminal.screen.display[0], terminal.screen.display[0]
    for what, times in typed.items():
        told(what, times, 100)
    told("sort: the next column", pressed(*"s" * 7 * -(-rounds // 4)), 100)
    told("sort: the other way round", pressed(*"S" * rounds), 100)
    told("the next metric", pressed(*"v" * rounds), 100)
    told("down, page, end, home", pressed(*["j", PAGE_DOWN, "G", "g"] * -(-rounds // 2)), 100)
    told("mark all, and none", pressed(*"a" * rounds), 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--runs-in", type=Path, metavar="FOLDER", help="take these runs; none is changed")
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--lines", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = home
        if given.runs_in:
            Path(home, "runs").symlink_to(given.runs_in.resolve())
        else:
            make_runs(given.runs)
        count = len(list(Path(home, "runs").iterdir()))
        print(f"{'milliseconds':32} {'median':>7} {'25 %':>7} {'75 %':>7} {'most':>7} {'CPU':>7} {'at most':>8}")
        found = []
        for number in range(given.rounds):
            terminal, times = opened(given, count)
            found.append(times)
            if number < given.rounds - 1:
                terminal.close()
        seen, read = zip(*found, strict=True)
        told("open: the newest are seen", seen, 1000)
        told(f"open: all {count:,} are read", read, 1000)
        time.sleep(2)  # what is read after them
        keys(terminal, given.rounds, count)
        print(f"memory: {terminal.memory:.0f} MiB, at most 150")
        terminal.close()


if __name__ == "__main__":
    main()
