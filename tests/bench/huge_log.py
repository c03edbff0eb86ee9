#!/usr/bin/env python3
"""A live run whose log has 200 MB: the app at a pseudo-terminal, `dltui stop` and `dltui attach`, against their goals.

    python tests/bench/huge_log.py [--megabytes 200] [--rounds 5]

first screen   from the start of the app to its first screen, and of its CPU
opened         from the key that opens the run to its header
read           until all of the log is read; of the app's CPU
a key          while it is read, from a key to the help and back, as often as there is time
memory         of the app, at most
stop, attach   the commands, by themselves; an engine that answers at once is asked
Curves, tables and lists are in the log as a recipe with three panes writes them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tui_runs import Terminal

ENGINE = """
import json, sys, time
from pathlib import Path
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run
run = Run(Path(sys.argv[1]))
lock, log = hold(run), EventLog(run.log)
print("ready", flush=True)
while not run.control.exists():
    time.sleep(0.01)
asked = json.loads(run.control.read_bytes().splitlines()[0])
log.write("control", op="stop", step=9, id=asked["id"])
log.write("finished", status="stopped", exit=130, step=9, steps=10, summary={}, expect=[], seconds=1.0)
"""
STEPS = 76  # of an event
GOALS = {"first screen": 1.0, "opened": 1.0, "a key": 0.5, "memory": 200, "stop": 1.0}


def write_log(path: Path, size: int) -> None:
    """Writes a log of `size` bytes: of 200 events one is a picture."""
    from dltui.runs.events import encode

    with open(path, "wb") as file:
        knobs = {"optimizer.lr": 0.01}
        begun = {"kind": "started", "device": "cpu", "precision": "fp32", "step": 0, "steps": 10**9, "knobs": knobs}
        file.write(encode({"v": 1, "seq": 0, "t": 1.8e9, **begun}))
        number = 1
        while file.tell() < size:
            head, step = {"v": 1, "seq": number, "t": 1.8e9 + number / 10}, number * STEPS
            steps = list(range(step, step + STEPS))
            losses = [2.3 / (1 + at / 1e5) + (at * 7919 % 1000) / 1e4 for at in steps]
            file.write(encode({**head, "kind": "scalars", "series": "", "step": steps, "values": {"loss": losses}}))
            if number % 200 == 0:
                curve = {"name": "loss", "x": list(range(200)), "y": losses[:50] * 4}
                payload = {"type": "lines", "curves": [curve], "x_title": "x", "y_title": "y"}
                file.write(
                    encode({**head, "kind": "frame", "series": "", "step": step, "pane": "x", "payload": payload})
                )
            number += 1


def made(size: int):
    """A run whose log has `size` bytes."""
    from dltui.recipes import recipe
    from dltui.runs import run as runs

    run = runs.create("mlp-mnist", recipe.to_toml(recipe.load("mlp-mnist")), {"steps": 10**9})
    write_log(run.log, size)
    return run


def lives(run) -> subprocess.Popen:
    """An engine that trains nothing and stops when it is asked."""
    run.control.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-c", ENGINE, str(run.path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def peak(process: subprocess.Popen) -> float:
    """MiB that it held at most."""
    return int(Path(f"/proc/{process.pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def answered(terminal: Terminal, key: str, true: Callable[[str], bool]) -> float:
    """Presses a key; returns seconds until a screen that was drawn since is such."""
    pressed = at = terminal.press(key)
    while at <= pressed:
        at = terminal.until(true)
    return at - pressed


def visited(columns: int = 120, lines: int = 40) -> dict[str, float]:
    """Opens the run in the app; returns what was measured."""
    begun, found = time.perf_counter(), {}
    terminal = Terminal(columns, lines)
    found["first screen"] = terminal.until(lambda text: "search" in text) - begun
    found["first screen, CPU"] = terminal.worked()
    terminal.settled()
    worked, pressed = terminal.worked(), terminal.press("2")
    found["opened"] = terminal.until(lambda text: "RUNNING" in text) - pressed
    answers = []
    while True:
        answers.append(answered(terminal, "\x1bOP", lambda text: "esc closes" in text))
        answers.append(answered(terminal, "\x1b[27u", lambda text: "esc closes" not in text))
        before = terminal.worked()
        time.sleep(1)
        if terminal.worked() - before < 0.2:  # it draws the clock, and nothing else is left to do
            break
    found["read"] = time.perf_counter() - pressed
    found["read, CPU"] = terminal.worked() - worked
    found["a key"], found["a key, at most"] = median(answers), max(answers)
    found["memory"] = peak(terminal.process)
    terminal.close()
    return found


def commanded(run) -> dict[str, float]:
    """`stop` of a run that lives, then `attach` of one that has ended."""
    found = {}
    engine = lives(run)
    for name, words in (("stop", ["stop", run.id]), ("attach", ["attach", run.id])):
        begun, children = time.perf_counter(), os.times()
        subprocess.run([sys.executable, "-m", "dltui", *words], check=False, capture_output=True)
        found[name] = time.perf_counter() - begun
        found[f"{name}, CPU"] = sum(os.times()[2:4]) - sum(children[2:4])
    engine.communicate()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory(prefix="dltui-bench-") as folder:
        os.environ["DLTUI_HOME"] = folder
        run = made(given.megabytes << 20)
        for _ in range(given.rounds):
            engine = lives(run)
            rounds.append(visited())
            engine.kill()
            engine.communicate()
            rounds[-1] |= commanded(run)
    print(f"{'a log of ' + str(given.megabytes) + ' MB':24}{'median':>9}{'most':>9}{'at most':>9}")
    for name in rounds[0]:
        values = [found[name] for found in rounds]
        print(f"{name:24}{median(values):9.2f}{max(values):9.2f}{GOALS.get(name, ''):>9}")


if __name__ == "__main__":
    main()
