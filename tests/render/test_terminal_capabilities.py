"""What a terminal can show is told by the environment; settings of our own win."""

import io

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.render.terminal_capabilities import TerminalCapabilities, detect

UTF8 = {"LANG": "en_US.UTF-8"}


class Stream(io.StringIO):
    def __init__(self, terminal: bool = True, encoding: str = "utf-8"):
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
        ({"TERM": "tmux-256color", "COLORTERM": "24bit"}, "true"),
        ({"TERM": "xterm-kitty"}, "true"),
        ({"TERM": "xterm-direct"}, "true"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x"}, "true"),
        ({"TERM": "dumb", "NO_COLOR": "1", "DLTUI_COLOURS": "true"}, "true"),
    ],
)
def test_colours(env: dict, colours: str):
    assert detect(env | UTF8, Stream()).colours == colours


def test_no_terminal_no_colours():
    assert detect({"TERM": "xterm-256color"} | UTF8, Stream(terminal=False)).colours == "none"


@pytest.mark.parametrize(
    ("env", "encoding", "unicode"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LC_CTYPE": "C.utf8", "LANG": "C"}, "utf-8", True),
        ({"LC_ALL": ""}, "utf-8", True),
        ({}, "ascii", False),
        ({"LANG": "en_US.UTF-8"}, "ascii", False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, "utf-8", False),
        ({"LANG": "C", "DLTUI_UNICODE": "1"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8", "DLTUI_UNICODE": "no"}, "utf-8", False),
    ],
)
def test_unicode(env: dict, encoding: str, unicode: bool):
    assert detect({"TERM": "xterm"} | env, Stream(encoding=encoding)).unicode is unicode


def test_a_light_ground():
    assert detect({"COLORFGBG": "0;15"}, Stream()).dark is False
    assert detect({"COLORFGBG": "15;0"}, Stream()).dark is detect({}, Stream()).dark is True


@pytest.mark.parametrize("env", [{"DLTUI_COLOURS": "many"}, {"DLTUI_UNICODE": "maybe"}])
def test_a_setting_that_is_none_is_told(env: dict):
    with pytest.raises(DltuiError, match=next(iter(env))) as caught:
        detect(env, Stream())
    assert caught.value.status == ExitStatus.USAGE and "Valid" in caught.value.hint


def test_the_best_is_the_default():
    assert TerminalCapabilities() == TerminalCapabilities(unicode=True, colours="true", dark=True)


@pytest.mark.parametrize(
    ("env", "pictures"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, "blocks"),
        ({"TERM": "xterm-kitty", "SSH_TTY": "/dev/pts/1"}, "blocks"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "DLTUI_PICTURES": "blocks"}, "blocks"),
        ({"TERM": "xterm", "SSH_TTY": "/dev/pts/1", "DLTUI_PICTURES": "sixel"}, "sixel"),
    ],
)
def test_pixels_where_the_terminal_has_them_and_nothing_stands_between(env: dict, pictures: str):
    assert detect(env | UTF8, Stream()).pictures == pictures


def test_without_the_package_there_are_no_pixels(monkeypatch):
    monkeypatch.setattr("dltui.render.terminal_capabilities.find_spec", lambda name: None)
    assert detect({"TERM": "xterm-kitty"} | UTF8, Stream()).pictures == "blocks"
    with pytest.raises(DltuiError, match="textual-image is not installed") as fault:
        detect({"DLTUI_PICTURES": "kitty"} | UTF8, Stream())
    assert "dltui[images]" in fault.value.hint
    with pytest.raises(DltuiError, match='"cubist"'):
        detect({"DLTUI_PICTURES": "cubist"} | UTF8, Stream())
