#!/usr/bin/env python3
"""The app on a pseudo-terminal is stopped, continued, resized and typed at, all at once; then it must still answer.

    python tests/stress/signal_storms.py [--storms 40] [--seed 0] [--minutes 10]

A storm survives where the app opens and closes its help afterwards; it hangs where it does not within a minute.
"""

import os
import random
import signal
import sys
import tempfile
from pathlib import Path

import psutil
import table
from table import Row, attempts

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.tui.test_terminal import COLUMNS, ROWS, Visit, answers

BLOWS = 30  # of a storm
KEYS = (b"j", b"k", b"1", b"2", b"3", b"\x1b", b"?", b"\t", b"d", b"/moon\x1b", b"\x1b[B" * 20)


def blow(app: Visit, chance: random.Random) -> None:
    """One thing that a terminal, a shell or a person does to it."""
    how = chance.randrange(5)
    if how == 0:
        app.process.send_signal(signal.SIGCONT)
    elif how == 1:
        app.process.send_signal(chance.choice((signal.SIGTSTP, signal.SIGSTOP)))
        app.look(chance.uniform(0, 0.1))
        app.process.send_signal(signal.SIGCONT)
    elif how == 2:
        app.resize(chance.randrange(20, 200), chance.randrange(5, 60))
        app.process.send_signal(signal.SIGWINCH)
    else:
        app.keys(chance.choice(KEYS))
    app.look(chance.uniform(0, 0.03))


def calm(app: Visit) -> None:
    """Looks until nothing was drawn for half a second. Where it stopped later than it was told to go on, as a slow
    machine has it, it is told once more, as whoever finds the shell in its place does."""
    seen = -1
    while seen != len(app.output):
        seen = len(app.output)
        app.look(0.5)
        if psutil.Process(app.process.pid).status() == psutil.STATUS_STOPPED:
            app.process.send_signal(signal.SIGCONT)
            seen = -1


def storm(chance: random.Random) -> tuple[str, int]:
    """Returns what was wrong after a storm, '' where nothing was, and how many tracebacks were shown."""
    app = Visit()
    try:
        app.until(lambda: app.shows("mlp-moons"))
        for _ in range(BLOWS):
            blow(app, chance)
        app.resize(COLUMNS, ROWS)
        for key in (b"\x1b", b"\x1b", b"1"):  # out of whatever was opened
            calm(app)
            app.keys(key)
        calm(app)
        answers(app)
        fault = "" if app.quit() == 0 else f"it ended with status {app.process.returncode}"
    except (AssertionError, OSError) as error:
        fault = str(error)
    finally:
        app.process.kill()
        app.process.wait()
        os.close(app.master)
    return fault, app.output.count(b"Traceback (most")


def main() -> int:
    """Prints what became of the storms; returns 1 where the app hung, ended or told a traceback."""
    given = table.options(__doc__, "storms", 40).parse_args()
    tried = survived = tracebacks = 0
    for number in (given.seed + each for each in attempts(given.count, given.minutes)):
        with tempfile.TemporaryDirectory(prefix="dltui-storm-") as home:  # the app remembers where it was left
            os.environ["DLTUI_HOME"] = home
            answered, told = storm(random.Random(number))
            tried += 1
            survived += not answered
            tracebacks += told
            if answered:
                print(f"--seed {number} --storms 1: {answered}", file=sys.stderr)
    row = Row("signal storms", tried, survived, tracebacks=tracebacks)
    print(table.HEADING, row, sep="\n")
    return int(not row.sound)


if __name__ == "__main__":
    raise SystemExit(main())
