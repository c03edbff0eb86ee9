#!/usr/bin/env python3
"""The list of runs with 10,000 runs: until it is seen, until all are read, and what keys take that filter and sort.

    python tests/bench/tui_runs.py [--runs 10000] [--home FOLDER]

Runs in this process, without a terminal. A key's time is from its press until the screen is drawn again. Each is also
told as the time of the processor (CPU), which other programs on the machine do not stretch.
"""

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from startup import make_runs

ROUNDS = 5


class Clock:
    """Times in milliseconds: on the wall, of the processor."""

    def __init__(self) -> None:
        self.begun = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return (time.perf_counter() - self.begun[0]) * 1e3, (time.process_time() - self.begun[1]) * 1e3


def told(what: str, times: list[tuple[float, float]], limit: int) -> None:
    wall, cpu = zip(*times, strict=True)
    print(f"{what:34} {median(wall):8.0f} {max(wall):8.0f} {median(cpu):8.0f} {max(cpu):8.0f} {limit:8}")


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.002)


async def pressed(pilot, *keys: str) -> list[tuple[float, float]]:
    times = []
    for key in keys:
        clock = Clock()
        await pilot.press(key)
        await pilot.pause()
        times.append(clock.read())
    return times


async def measure(count: int) -> None:
    from dltui.render.look import Look
    from dltui.tui.app import LabApp
    from dltui.tui.screens.runs import RunsScreen

    app = LabApp(Look())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        clock = Clock()
        app.action_runs()  # as the key 3 does; Pilot's press would wait until nothing moves any more
        await until(lambda: isinstance(app.screen, RunsScreen) and app.screen.table.rows)
        seen = clock.read()
        screen = app.screen
        await until(lambda: screen._all_read)
        told("open: the newest are seen", [seen], 1000)
        told(f"open: all {count:,} are read", [clock.read()], 1000)
        await until(lambda: not screen._reading)
        told("a key that does nothing", await pressed(pilot, *["f12"] * ROUNDS), 0)  # Pilot's own waiting
        await pilot.press("slash")
        told("filter: a key", await pressed(pilot, *"acc", "space", ">", "space", *"0.5", "space", *"topic:found"), 100)
        assert 0 < len(screen.table.rows) < count, len(screen.table.rows)
        told("filter: all again (esc)", await pressed(pilot, "escape"), 100)
        assert len(screen.table.rows) == count
        told("sort: the next column", await pressed(pilot, *["s"] * 7 * ROUNDS), 100)
        told("sort: the other way round", await pressed(pilot, *["S"] * ROUNDS), 100)
        told("the next metric", await pressed(pilot, *["v"] * ROUNDS), 100)
        told("down, page, end", await pressed(pilot, *["down", "pagedown", "end", "home"] * ROUNDS), 100)
        told("mark all, and none", await pressed(pilot, *["a"] * 2 * ROUNDS), 100)
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, at most 150")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--home", default="", help="a DLTUI_HOME with runs that are there already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = given.home or home
        if not given.home:
            make_runs(given.runs)
        count = len(list((Path(os.environ["DLTUI_HOME"]) / "runs").iterdir()))
        print(f"{'milliseconds':34} {'median':>8} {'most':>8} {'CPU':>8} {'most':>8} {'at most':>8}")
        asyncio.run(measure(count))


if __name__ == "__main__":
    main()
