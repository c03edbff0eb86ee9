"""Opens the app on a terminal: what Textual reads from the environment is set before it is imported."""

import gc
import os
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from threading import Timer
from typing import TYPE_CHECKING

from dltui.errors import ExitStatus
from dltui.render import terminal_capabilities as looks
from dltui.render.terminal_capabilities import TerminalCapabilities

if TYPE_CHECKING:
    from dltui.cli.environment import Environment

PRELOADED_AFTER = 1.0  # seconds: the first screen is there
NEWEST = 100  # runs among which those that go on are looked for
REPAINTS = {False: "60", True: "10"}  # a second at most: near, remote; a key waits for the next one
DEPTHS = {"true": "truecolor", "256": "256", "16": "standard", "none": "standard"}


def run_tui(env: "Environment", remote: bool | None = None) -> int:
    """Shows the app until it is quit; returns the exit status.

    remote: draw less, for a slow line; None, where the terminal is reached over SSH. Raises DltuiError (2) where a
    variable of ours has a value that is none.
    """
    look = looks.detect(env.variables, env.stdout)
    remote = is_remote(env.variables) if remote is None else remote
    prepare(os.environ, look, remote)
    if look.pictures != "blocks":
        import_module("textual_image.widget")  # it asks the terminal how large a cell is: not while the app reads keys
    gc.disable()  # 10 ms of the first screen
    from dltui.tui.app import LabApp
    from dltui.tui.driver import SteadyDriver

    app = LabApp(look, remote=remote, driver_class=SteadyDriver)
    preloading = Timer(PRELOADED_AFTER, _preload)
    preloading.daemon = True
    preloading.start()
    app.run()
    preloading.cancel()
    gc.enable()
    from dltui.runs import run as runs  # here: 4 ms before the first screen

    going_on = [run.id for run in runs.newest_first()[:NEWEST] if runs.engine_pid(run) is not None]
    for run_id in going_on:
        env.tell(f"{run_id} goes on: dltui attach {run_id}")
    return app.return_code or ExitStatus.OK


def _preload() -> None:
    """Imports what the first run that is opened needs, while a person looks at the recipes: it takes a quarter second.

    What is there by then stays: the collector need not look through it again, which takes 50 ms in the middle of a key.
    """
    import_module("dltui.tui.screens.run")
    gc.freeze()
    gc.enable()


def is_remote(variables: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return any(variables.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def prepare(variables: MutableMapping[str, str], look: TerminalCapabilities, remote: bool) -> None:
    """Tells Textual, by the environment that it reads at import, how the terminal is; what the user set there stays."""
    wanted = {
        "TEXTUAL_FPS": REPAINTS[remote],
        "TEXTUAL_COLOR_SYSTEM": DEPTHS[look.colours],
        "TEXTUAL_ANIMATIONS": "none" if remote else "basic",
        "TEXTUAL_SMOOTH_SCROLL": "0",  # it makes the mouse report pixels, and trusts what a terminal says of its size
    }
    for name, value in wanted.items():
        variables.setdefault(name, value)
    if look.colours == "none":
        variables["NO_COLOR"] = "1"
    elif variables.get("NO_COLOR") == "":  # empty means nothing to https://no-color.org, but not to Textual
        del variables["NO_COLOR"]
