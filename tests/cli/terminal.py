"""`dltui` as a process of its own, on a pseudo-terminal or a pipe, with an engine that trains nothing."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

from dltui import paths
from tests.cli.conftest import FAKE

PROGRAM = """
import sys
from pathlib import Path
from dltui import paths
from dltui.jobs import launch
launch.ENGINE_COMMAND = (sys.executable, sys.argv[1], sys.argv[2])
paths.recipes = lambda folder=Path(sys.argv[3]): folder
sys.argv = ["dltui", *sys.argv[4:]]
from dltui.cli.main import main
raise SystemExit(main())
"""


def command(*words: str, behaviour: str = "done", recipes: Path | None = None, engine: Path = FAKE) -> list[str]:
    """Returns the command line of a `dltui words...` that starts fake engines."""
    return [sys.executable, "-c", PROGRAM, str(engine), behaviour, str(recipes or paths.recipes()), *words]


class Terminal:
    """A process on a pseudo-terminal of 100 x 30; `output` is what it has written so far."""

    def __init__(self, *words: str, columns: int = 100, rows: int = 30, pager: str = "", **options):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        more = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(paths.PACKAGE.parent)}
        more |= {"PAGER": pager, "LESS": "RX"}
        self.process = subprocess.Popen(
            command(*words, **options), stdin=slave, stdout=slave, stderr=slave, env=os.environ | more,
            start_new_session=True,            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.output = b""

    def read(self) -> bool:
        """Reads a piece; returns whether there was one."""
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:  # the process has closed its end
            return False
        self.output += piece
        return bool(piece)

    def read_until(self, *parts: bytes) -> None:
        """Reads until one of `parts` was written."""
        while not any(part in self.output for part in parts):
            assert self.read(), f"it ended before: {self.output[-2000:]!r}"

    def finish(self) -> int:
        """Reads to the end; returns the exit status."""
        while self.read():
            continue
        status = self.process.wait()
        os.close(self.master)
        return status
