"""What tmux does to a program inside it, and what to put into tmux.conf so that it does not."""

import subprocess
from collections.abc import Callable

from dltui.digits import whole

SLOW_ESCAPE = 50  # milliseconds; tmux before 3.5 waits 500 after Escape, and the app's way back is that key


def asked(*words: str) -> str:
    """What `tmux WORDS` answers; '' where it cannot be asked."""
    try:
        return subprocess.run(["tmux", *words], capture_output=True, text=True, timeout=3, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def advice(term: str, colour_term: str, ask: Callable[..., str] = asked) -> list[tuple[str, str]]:
    """Returns (what is so, the line for tmux.conf that mends it) of a program that runs in tmux.

    term: TERM inside tmux. colour_term: COLORTERM there. ask: answers a tmux command.
    """
    found = []
    if not term.startswith("tmux"):
        line = 'set -g default-terminal "tmux-256color"'
        found.append((f"TERM is {term or 'not set'}: programs see less than tmux can show", line))
    features = ask("display", "-p", "#{client_termfeatures}").split(",")
    outside = ask("display", "-p", "#{client_termname}")
    if outside and "RGB" not in features:
        line = f'set -as terminal-features ",{outside}:RGB"'
        found.append((f"it does not know that {outside} has 24-bit colours, if it has them", line))
    if colour_term.lower() not in ("truecolor", "24bit"):
        found.append(("programs inside are not told of 24-bit colours", "set-environment -g COLORTERM truecolor"))
    escape = ask("show", "-sv", "escape-time")
    if (whole(escape) or 0) > SLOW_ESCAPE:
        found.append((f"it holds the Escape key back for {escape} ms", "set -s escape-time 10"))
    if ask("show", "-gv", "mouse") == "off":
        found.append(("it keeps the mouse to itself", "set -g mouse on"))
    if ask("show", "-gwv", "allow-passthrough") == "off":  # '' before tmux 3.3, which lets all of it through
        found.append(("it keeps back the notifications of --notify, not the bell", "set -g allow-passthrough on"))
    return found
