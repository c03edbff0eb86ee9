"""What doctor says of tmux: only what is so, and lines that tmux takes."""

import shutil
import subprocess

import pytest

from dltui.cli import tmux

BARE = {"display -p #{client_termfeatures}": "256,clipboard", "display -p #{client_termname}": "xterm-256color",
        "show -sv escape-time": "500", "show -gv mouse": "off", "show -gwv allow-passthrough": "off"}  # fmt: skip
GOOD = {"display -p #{client_termfeatures}": "256,RGB", "display -p #{client_termname}": "xterm-256color",
        "show -sv escape-time": "10", "show -gv mouse": "on", "show -gwv allow-passthrough": "on"}  # fmt: skip


def answering(answers: dict[str, str]):
    return lambda *words: answers.get(" ".join(words), "")


def test_a_tmux_that_lets_everything_through_needs_nothing():
    assert tmux.advice("tmux-256color", "truecolor", answering(GOOD)) == []


def test_a_tmux_as_it_comes_is_told_what_to_set():
    lines = [line for _, line in tmux.advice("screen", "", answering(BARE))]
    assert lines == [
        'set -g default-terminal "tmux-256color"',
        'set -as terminal-features ",xterm-256color:RGB"',
        "set-environment -g COLORTERM truecolor",
        "set -s escape-time 10",
        "set -g mouse on",
        "set -g allow-passthrough on",
    ]


def test_a_tmux_that_cannot_be_asked_is_not_guessed_at():
    assert tmux.advice("tmux-256color", "truecolor", answering({})) == []


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_takes_every_line_and_then_nothing_is_left(tmp_path):
    server = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]

    def ask(*words: str) -> str:
        return subprocess.run([*server, *words], capture_output=True, text=True).stdout.strip()

    subprocess.run([*server, "new-session", "-d", "sleep 60"], check=True)
    try:
        found = tmux.advice("screen", "", ask)
        assert any("500 ms" in what for what, _ in found)
        config = tmp_path / "tmux.conf"
        config.write_text("\n".join(line for _, line in found))
        assert subprocess.run([*server, "source-file", str(config)], capture_output=True).returncode == 0
        assert tmux.advice("tmux-256color", "truecolor", ask) == []
    finally:
        subprocess.run([*server, "kill-server"])
