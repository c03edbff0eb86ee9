"""What is settled before the app opens: whether the line is slow, and what Textual is told of the terminal."""

import pytest

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui import start


@pytest.mark.parametrize(
    ("variables", "remote"),
    [
        ({}, False),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, True),
        ({"SSH_TTY": "/dev/pts/3"}, True),
        ({"SSH_TTY": ""}, False),
    ],
)
def test_a_terminal_behind_ssh_is_remote(variables, remote):
    assert start.is_remote(variables) == remote


def test_textual_is_told_what_the_terminal_is():
    near, far = {}, {"TEXTUAL_FPS": "7"}
    start.prepare(near, TerminalCapabilities(colours="256"), remote=False)
    start.prepare(far, TerminalCapabilities(colours="none"), remote=True)
    assert near["TEXTUAL_COLOR_SYSTEM"] == "256" and "NO_COLOR" not in near
    assert far["TEXTUAL_FPS"] == "7" and far["NO_COLOR"] == "1" and far["TEXTUAL_ANIMATIONS"] == "none"
    assert int(near["TEXTUAL_FPS"]) > 20


def test_an_empty_no_color_means_nothing():
    variables = {"NO_COLOR": ""}
    start.prepare(variables, TerminalCapabilities(), remote=False)
    assert "NO_COLOR" not in variables
