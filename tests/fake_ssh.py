"""An ssh for tests: the machine "box" is this one with another home, "nowhere" cannot be reached, "bare" has no
dltui, "old" an old one, and the shell of "babbling" greets whoever comes."""

import os
from pathlib import Path

SCRIPT = """#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
host=$1
shift
[ -e "{folder}/down" ] && host=nowhere
case $host in
    nowhere) echo "ssh: connect to host $host: No route to host" >&2; exit 255 ;;
    bare) echo "sh: dltui: not found" >&2; exit 127 ;;
    old) echo "No such option: --json" >&2; exit 2 ;;
    babbling) echo "Welcome!"; exit 0 ;;
esac
DLTUI_HOME="{folder}/home" exec sh -c "$*"
"""


def install(monkeypatch, folder: Path) -> Path:
    """Puts it on the PATH of the test and of what it starts; returns the home that dltui has on the machine. While a
    file "down" is in `folder` no machine can be reached."""
    command = folder / "bin" / "ssh"
    command.parent.mkdir(parents=True)
    command.write_text(SCRIPT.format(folder=folder))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(command.parent), os.environ["PATH"]]))
    return folder / "home"
