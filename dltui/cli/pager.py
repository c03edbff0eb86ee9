"""Text that is longer than the terminal goes through a pager, as `git log` and `man` do it."""

import io
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from dltui.cli.environment import Environment

PAGER = "less"
LESS = "RFX"  # colours as they are, none for what fits, and what was read stays in the terminal
NoPager = Annotated[
    bool, typer.Option("--no-pager", help="Print long text as it is. So does PAGER='', and a pipe always.")
]


class _Kept(io.StringIO):
    """What is printed meanwhile, by a stream that answers like the terminal it is meant for."""

    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    @property
    def encoding(self) -> str:
        return self.terminal.encoding

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.terminal.fileno()


@contextmanager
def paged(env: Environment, no_pager: bool) -> Iterator[Environment]:
    """Gives the environment to print into; at the end what was printed goes to standard output, through $PAGER, or
    `less`, where a person sits at a terminal that has fewer lines."""
    pager = shlex.split(env.variables.get("PAGER", PAGER))
    if no_pager or not pager or not env.is_visit or _lines(env) is None:
        yield env
        return
    kept = _Kept(env.stdout)
    try:
        yield env._replace(stdout=kept)
    finally:
        text = kept.getvalue()
        if text.count("\n") < _lines(env) or not _read_in(pager, text, env):
            env.stdout.write(text)


def _lines(env: Environment) -> int | None:
    """Lines of the terminal; None where standard output is none that another program could write to."""
    try:
        return os.get_terminal_size(env.stdout.fileno()).lines
    except (OSError, ValueError):
        return None


def _read_in(pager: list[str], text: str, env: Environment) -> bool:
    """Runs the pager until it is left; returns whether there is one."""
    env.flush()
    variables = {"LESS": LESS, "LESSCHARSET": "utf-8", **env.variables}
    try:
        process = subprocess.Popen(pager, stdin=subprocess.PIPE, stdout=env.stdout.fileno(), env=variables)
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's
    try:
        process.communicate(text.encode("utf-8", "replace"))  # one that is left early closes its end
    finally:
        signal.signal(signal.SIGINT, before)
    return True
