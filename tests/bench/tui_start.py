#!/usr/bin/env python3
"""How long the app takes to its first screen that answers to keys, and its memory, against a bare Textual app.

    python tests/bench/tui_start.py [--rounds 15] [--recipes 242]

Both are fresh processes on a pseudo-terminal of 120 x 40. A key (down) is pressed as soon as the first screen is there,
and the time ends when its effect has been written: another line of text in the bare app, the title of the second recipe
in ours. Rounds go through both in turn, so a slow moment meets both.
"""

import argparse
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[2]
KEY, FIRST, ANSWER = b"\x1b[B", b"search", b"Quite another title"
LIMIT, MEMORY = 1.3, 150

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    BINDINGS = [("down", "answer", "Answer")]

    def compose(self):
        yield Static("search")

    def action_answer(self):
        self.query_one(Static).update("Quite another title")

Bare().run()
"""
OURS = """
import sys
from pathlib import Path
from dltui import paths
paths.recipes = lambda folder=Path(sys.argv[1]): folder
sys.argv = ["dltui"]
from dltui.cli.main import main
raise SystemExit(main())
"""


def make_recipes(folder: Path, count: int) -> None:
    """Writes `count` recipes in 20 topics: copies of ours under other names, the second under a title of its own."""
    sources = sorted((ROOT / "recipes").glob("*/*.toml"))
    for index in range(count):
        source = sources[index % len(sources)]
        topic = folder / f"{index * 20 // count + 1:02d}_topic"
        topic.mkdir(parents=True, exist_ok=True)
        text = re.sub("(?m)^place .*$", f"place = {index + 1}", source.read_text(encoding="utf-8"))
        if index == 1:
            text = re.sub("(?m)^title .*$", f'title = "{ANSWER.decode()}"', text)
        (topic / f"r{index:03d}-{source.stem}.toml").write_text(text, encoding="utf-8")


def visit(command: list[str], environment: dict[str, str], home: Path) -> tuple[float, float, float]:
    """Returns the seconds to the answer, those of them that the processor worked, and MiB a second of idling later.

    home: that of the app, new at each visit: it remembers where it was and would begin there the next time.
    """
    environment = environment | {"DLTUI_HOME": str(home)}
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, cwd=ROOT
    )
    os.close(slave)
    output, pressed = b"", False
    while ANSWER not in output:
        try:
            output += os.read(master, 1 << 16)
        except OSError:
            raise SystemExit(f"it ended before it answered:\n{output.decode(errors='replace')}") from None
        if not pressed and FIRST in output:
            pressed = os.write(master, KEY) > 0
    taken = time.perf_counter() - begun
    worked = sum(psutil.Process(process.pid).cpu_times()[:2])
    os.set_blocking(master, False)
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        try:
            os.read(master, 1 << 16)
        except BlockingIOError:
            time.sleep(0.01)
    memory = psutil.Process(process.pid).memory_info().rss / 2**20
    os.killpg(process.pid, signal.SIGKILL)  # with what it asks of the engine meanwhile
    process.wait()
    os.close(master)
    return taken, worked, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--recipes", type=int, default=242)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        make_recipes(Path(scratch) / "recipes", given.recipes)
        commands = {
            "bare Textual app": [sys.executable, "-c", BARE],
            "dltui": [sys.executable, "-c", OURS, str(Path(scratch) / "recipes")],
        }
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "SSH"))}
        plain.pop("PYTHONDONTWRITEBYTECODE", None)  # else all that is ours, and it alone, is compiled at every start
        cache = {"PYTHONPYCACHEPREFIX": str(Path(scratch) / "bytecode")}
        environment = plain | cache | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
        for number in range(given.rounds + 1):
            for name, command in commands.items():
                found[name].append(visit(command, environment, Path(scratch) / f"home-{name}-{number}"))
    for rounds in found.values():
        del rounds[0]  # it warmed the disk's cache
    unit, unit_worked, _ = (median(column) for column in zip(*found["bare Textual app"], strict=True))
    heads = ("ms", "ratio", "at most", "spread", "cpu ms", "ratio", "MiB", "at most")
    print(" " * 18, *(f"{head:>7}" for head in heads))
    for name, rounds in found.items():
        times, worked, memory = zip(*rounds, strict=True)
        limits = (LIMIT, MEMORY) if name == "dltui" else ("", "")
        print(
            f"{name:18} {median(times) * 1e3:7.0f} {median(times) / unit:7.2f} {limits[0]:>7} "
            f"{max(times) / min(times) - 1:7.0%} {median(worked) * 1e3:7.0f} {median(worked) / unit_worked:7.2f} "
            f"{max(memory):7.0f} {limits[1]:>7}"
        )


if __name__ == "__main__":
    main()
