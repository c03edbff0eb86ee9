"""What is written to a terminal: its bell, and the sequence that it knows, through tmux and screen."""

import os
import pty
import shutil
import subprocess
import time

import pytest

from dltui.cli.terminal_notice import sequence

TITLE, TEXT = "dltui run: mlp", "done: accuracy 0.97"
OSC_9 = "\x1b]9;dltui run: mlp: done: accuracy 0.97\a"


@pytest.mark.parametrize(
    ("variables", "written"),
    [
        ({"TERM": "xterm-256color"}, f"{OSC_9}\a"),
        ({"TERM": "xterm-kitty"}, f"{OSC_9}\a"),
        ({"TERM": "rxvt-unicode"}, "\x1b]777;notify;dltui run: mlp;done: accuracy 0.97\a\a"),
        ({"TERM": "foot"}, "\x1b]777;notify;dltui run: mlp;done: accuracy 0.97\a\a"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;dltui run: mlp;done: accuracy 0.97\a\a"),
        ({"TERM": "tmux-256color", "TMUX": "/x,1,0"}, f"\x1bPtmux;\x1b{OSC_9}\x1b\\\a"),
        ({"TERM": "screen", "STY": "1.x"}, f"\x1bP{OSC_9}\x1b\\\a"),
        ({"TERM": "dumb"}, "\a"),
        ({"TERM": "linux"}, "\a"),
        ({}, "\a"),
    ],
)
def test_each_terminal_gets_what_it_knows(variables, written):
    assert sequence(TITLE, TEXT, variables) == written


@pytest.mark.parametrize("variables", [{"TERM": "xterm"}, {"TERM": "foot"}, {"TERM": "tmux", "TMUX": "x"}])
def test_no_text_ends_the_sequence_or_begins_another(variables):
    hostile = "a\x1b\\\x07\x1b]52;c;x\x07\x9c;b\nc"
    written = sequence(hostile, hostile, variables)
    clean = sequence("a", "a", variables)
    for mark in ("\x1b", "\a", "\x9c", "\n"):
        assert written.count(mark) == clean.count(mark)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_real_tmux_passes_it_through(tmp_path):
    told = tmp_path / "told"
    told.write_text(sequence(TITLE, TEXT, {"TERM": "tmux-256color", "TMUX": "x"}))
    config = tmp_path / "tmux.conf"
    config.write_text("set -g allow-passthrough on\n")
    server = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(config)]
    master, slave = pty.openpty()
    shown = f"sleep 0.5; cat {told}; sleep 5"
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment.pop("TMUX", None)
    process = subprocess.Popen([*server, "new-session", shown], stdin=slave, stdout=slave, stderr=slave,
                               env=environment, start_new_session=True)  # fmt: skip
    os.close(slave)
    os.set_blocking(master, False)
    output, until = b"", time.monotonic() + 15
    try:
        while OSC_9.encode() not in output and time.monotonic() < until:
            try:
                output += os.read(master, 1 << 16)
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:
                break
        assert OSC_9.encode() in output, output
    finally:
        subprocess.run([*server, "kill-server"], capture_output=True)
        process.wait()
        os.close(master)
