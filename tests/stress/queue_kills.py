#!/usr/bin/env python3
"""The queue's worker is killed -9 again and again, alone, beside another one, on a full disk; nothing may be lost.

    python tests/stress/queue_kills.py [--kills 30] [--seed 0] [--minutes 10] [--real]

Each entry has a seed of its own, so its runs are counted by what their run.json says. An entry is lost where the queue
tells it no more and no run of it has begun, doubled where more than one has. Engines train nothing, but for --real.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import table
from table import Row, attempts

from dltui import paths
from dltui.errors import DltuiError
from dltui.jobs import launch, queue
from dltui.recipes import recipe
from dltui.runs import run as runs

WORKER = [sys.executable, "-P", "-m", "dltui.jobs.queue_worker"]
RECIPE = "iou-nms"
FAKE = Path(__file__).parents[1] / "cli" / "fake_engine.py"
SITE = """
import sys
if sys.orig_argv[-1:] == ["dltui.jobs.queue_worker"]:
    from dltui.jobs import launch
    launch.ENGINE_COMMAND = (sys.executable, {fake!r}, "done")
"""
LONGEST = 0.8  # seconds after which a worker that has its lock is killed, at most
DISK = 4 << 20  # bytes of the disk that is filled
FILLS = 30  # times at most: the runs of more entries have no room there
DRAIN = 600  # seconds for what is left when no more is killed


class Attack:
    """One home, what was put into its queue, and what became of it."""

    def __init__(self, name: str, home: Path, chance: random.Random, site: Path | None):
        self.name, self.home, self.chance = name, home, chance
        self.said = Path(tempfile.mkstemp(prefix="queue-kills-")[1])  # not on the disk that is filled
        os.environ["DLTUI_HOME"] = str(home)
        self.environment = launch.environment()
        if site:
            self.environment["PYTHONPATH"] = os.pathsep.join([str(site), str(paths.PACKAGE.parent)])
        self.promised: set[int] = set()
        self.tried = self.survived = 0

    def add(self) -> None:
        """Adds an entry; where that is refused, in words, nothing was promised."""
        seed = self.tried * 100 + len(self.promised)
        changes = {"train.seed": seed, "train.steps": 1}
        try:
            queue.add(recipe.load(RECIPE, changes), overrides=changes, device="cpu")
            self.promised.add(seed)
        except DltuiError:
            pass

    def worker(self) -> subprocess.Popen:
        with open(self.said, "ab") as said:
            return subprocess.Popen(
                WORKER, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=self.environment
            )

    def kill_later(self, workers: list[subprocess.Popen]) -> None:
        """Kills each at a moment of its own after one of them began to work."""
        end = time.monotonic() + 20
        while queue.worker() is None and any(each.poll() is None for each in workers) and time.monotonic() < end:
            time.sleep(0.002)
        for worker in workers:
            time.sleep(self.chance.random() ** 2 * LONGEST)  # most of it happens at once
            worker.send_signal(signal.SIGKILL)
            worker.wait()

    def look(self) -> None:
        """One more was tried: was everything told, and nothing begun twice?"""
        self.tried += 1
        there = {entry.overrides.get("train.seed") for entry in queue.entries()}
        begun = self.begun()  # after it: an entry that leaves the queue in between is here
        there |= set(begun)
        self.survived += self.promised <= there and max(begun.values(), default=1) == 1

    def begun(self) -> Counter:
        """How often each seed's run has begun."""
        found = [run.info() for run in runs.newest_first() if run.log.exists()]
        return Counter(info["overrides"]["train.seed"] for info in found if info)

    def row(self) -> Row:
        """Lets a last worker come to the end, and counts."""
        with self.worker() as last:
            last.wait(DRAIN)
        for run in runs.newest_first():
            while runs.engine_pid(run) is not None:
                time.sleep(0.02)
        begun = self.begun()
        failed = {entry.overrides.get("train.seed") for entry in queue.entries() if entry.state == "failed"}
        lost = self.promised - set(begun) - failed
        doubled = sum(count > 1 for count in begun.values()) + len(failed & set(begun))
        said = self.said.read_text(errors="replace")
        self.said.unlink()
        beside = f"{len(failed)} failed, told so; {said.count('No space left')} put off by a full disk"
        tracebacks = said.count("Traceback (most")
        return Row(f"queue {self.name}", self.tried, self.survived, len(lost), doubled, tracebacks, beside)


def kill(attack: Attack, kills: Iterable[int], together: int) -> None:
    """Kills workers, `together` at once, while entries come in."""
    for _ in kills:
        attack.add(), attack.add()
        attack.kill_later([attack.worker() for _ in range(together)])
        attack.look()


def fill(attack: Attack, kills: Iterable[int]) -> None:
    """The disk has a random few KiB left while an entry is added and a worker works, until it is killed."""
    for _ in kills:
        ballast = attack.home.parent / "ballast"
        attack.add()
        disk = os.statvfs(attack.home.parent)
        free = disk.f_bavail * disk.f_frsize
        ballast.write_bytes(bytes(max(0, free - attack.chance.choice((0, 0, 1, 2, 4, 8, 16, 32)) * 1024)))
        attack.add()
        attack.kill_later([attack.worker()])
        attack.look()
        ballast.unlink()


def mounted(folder: Path) -> bool:
    """Makes the folder a disk of DISK bytes; False where this may not be done here."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    try:
        return subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


ATTACKS = {
    "killed alone": partial(kill, together=1),
    "killed beside another": partial(kill, together=2),
    "killed on a full disk": fill,
}


def attacked(name: str, folder: Path, site: Path | None, given: argparse.Namespace) -> Row | None:
    """Runs one attack and prints its row; None where it cannot be tried here."""
    how, where = ATTACKS[name], folder / name.replace(" ", "-")
    small = how is fill
    if small and not mounted(where):
        print(f"queue {name}: not tried, no tmpfs can be mounted here")
        return None
    try:
        attack = Attack(name, where / "home", random.Random(given.seed), site)
        how(attack, attempts(min(given.count, FILLS) if small else given.count, given.minutes / len(ATTACKS)))
        row = attack.row()
    finally:
        if small:
            subprocess.run(["umount", "-l", str(where)], check=True)
    print(row, flush=True)
    return row


def main() -> int:
    """Prints a row an attack; returns 1 where anything was lost, doubled or met by a traceback."""
    parser = table.options(__doc__, "kills", 30)
    parser.add_argument("--real", action="store_true", help=f"engines that run {RECIPE}")
    given = parser.parse_args()
    queue.ensure_worker = lambda: 0  # only we start workers here
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        site = None if given.real else folder / "site"
        if site:
            site.mkdir()
            (site / "sitecustomize.py").write_text(SITE.format(fake=str(FAKE)))
        print(table.HEADING)
        rows = [row for name in ATTACKS if (row := attacked(name, folder, site, given))]
    return int(not all(row.sound for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
