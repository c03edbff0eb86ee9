"""The bell, and the notification that terminals show by OSC 9 or OSC 777, through tmux and screen too."""

from collections.abc import Mapping
from typing import TextIO

from dltui.text import clean_line

PLAIN = ("", "dumb", "linux")  # terminals that know no such sequence, and might print it
OSC_777 = ("rxvt", "foot")  # terminals that take 777 and not 9; those of VTE say so by a variable
BELL = "\a"
TMUX_BEGIN, SCREEN_BEGIN, END = "\x1bPtmux;", "\x1bP", "\x1b\\"


def write(stream: TextIO, title: str, text: str, variables: Mapping[str, str]) -> None:
    """Rings the bell of a terminal and shows a notification. One that is gone cannot be told."""
    try:
        stream.write(sequence(title, text, variables))
        stream.flush()
    except OSError:
        pass


def sequence(title: str, text: str, variables: Mapping[str, str]) -> str:
    """Returns what is written to a terminal: no text in it can end the sequence or begin another."""
    term = variables.get("TERM", "")
    if term in PLAIN:
        return BELL
    title, text = clean_line(title).replace(";", ","), clean_line(text)
    if term.startswith(OSC_777) or variables.get("VTE_VERSION"):
        told = f"\x1b]777;notify;{title};{text}\a"
    else:
        told = f"\x1b]9;{title}: {text}\a"
    if variables.get("TMUX"):
        told = f"{TMUX_BEGIN}{told.replace(chr(27), chr(27) * 2)}{END}"
    elif variables.get("STY"):
        told = f"{SCREEN_BEGIN}{told}{END}"
    return told + BELL
