"""The app on a real pseudo-terminal: what a terminal can do to it, and what it must leave behind."""

import fcntl
import os
import random
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator

import psutil
import pyte
import pytest

from tests.cli.terminal import Terminal

COLUMNS, ROWS = 120, 40
RAW_MOUSE = b"\x1b[M" + bytes([35, 32 + 110, 32 + 20])
SGR_MOUSE = b"\x1b[?1006h"


class Visit(Terminal):
    """`dltui` on a terminal that a person sits at: what it shows now, keys, sizes."""

    def __init__(self, *words: str, columns: int = COLUMNS, rows: int = ROWS, **options):
        super().__init__(*words, columns=columns, rows=rows, **options)
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        os.set_blocking(self.master, False)

    def look(self, seconds: float = 0.05) -> bool:
        """Takes in what was written; returns whether the process still has the terminal."""
        try:
            if select.select([self.master], [], [], seconds)[0]:
                piece = os.read(self.master, 1 << 16)
                self.output += piece
                self._stream.feed(piece.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))  # unknown to pyte
        except OSError:
            return False
        return True

    def until(self, true: Callable[[], object], seconds: float = 30) -> None:
        """Looks until `true()` is; fails after `seconds` or where the process has ended."""
        end = time.monotonic() + seconds
        while not true():
            assert self.look(), self.output[-3000:].decode(errors="replace")
            assert time.monotonic() < end, "\n".join(self.screen.display)

    @property
    def quiet(self) -> bool:
        """Whether nothing is written any more."""
        return not select.select([self.master], [], [], 0.5)[0]

    def shows(self, text: str) -> bool:
        return any(text in row for row in self.screen.display)

    def keys(self, data: bytes) -> None:
        os.write(self.master, data)

    def resize(self, columns: int, rows: int) -> None:
        """As tmux does when it is attached to another terminal."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def quit(self) -> int:
        """Leaves by the key; returns the exit status."""
        self.keys(b"\x11")  # ctrl+q
        while self.look():
            if self.process.poll() is not None:
                break
        return self.process.wait(20)


@pytest.fixture
def visit() -> Iterator[Callable[..., Visit]]:
    """visit() -> the app, once its first screen is there. What still runs at the end is ended.

    typed: what is typed before anything is seen; then nothing is waited for.
    """
    opened: list[Visit] = []

    def begin(*words: str, typed: bytes = b"", **options) -> Visit:
        opened.append(Visit(*words, **options))
        opened[-1].keys(typed)
        opened[-1].until(lambda: typed or opened[-1].shows("mlp-moons"))
        return opened[-1]

    yield begin
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        os.close(one.master)


def answers(app: Visit) -> None:
    """The app opens and closes its help: it lives and reads keys."""
    app.keys(b"\x1bOP")
    app.until(lambda: app.shows("esc closes"))
    app.keys(b"\x1b")
    app.until(lambda: not app.shows("esc closes"))


def test_it_gives_the_terminal_back(visit):
    app = visit()
    before = termios.tcgetattr(app.master)
    answers(app)
    assert app.quit() == 0
    assert (
        app.output.rstrip().endswith(b"l") and b"\x1b[?1049l" in app.output[-200:] and b"\x1b[?25h" in app.output[-200:]
    )
    assert not before[3] & termios.ECHO and termios.tcgetattr(app.master)[3] & termios.ECHO


def test_a_mouse_past_column_95_of_a_terminal_that_forgot_what_it_was_asked(visit):
    app = visit()
    asked = app.output.count(SGR_MOUSE)
    app.keys(RAW_MOUSE * 5)
    app.until(lambda: app.output.count(SGR_MOUSE) > asked)  # it is asked again
    answers(app)
    app.keys(b"\xff\xfe\x80" + RAW_MOUSE[:4])
    answers(app)


def test_attached_again_at_another_size(visit):
    app = visit()
    for columns, rows in ((80, 24), (200, 60), (60, 20), (30, 8), (COLUMNS, ROWS)):
        app.resize(columns, rows)
        app.keys(b"\x1b[<35;%d;%dM" % (columns * 2, rows * 2))  # a mouse where the screen no longer is
        answers(app)
    app.until(lambda: app.shows("mlp-moons"))


@pytest.mark.parametrize("keys", [b"", b"3", b"?"])
def test_a_terminal_that_was_small_for_a_moment_is_painted_whole(visit, keys):
    """The sizes come before the app has looked at the first of them: it sees none but its own."""
    app = visit(columns=80, rows=24)
    app.keys(keys)
    app.until(lambda: app.shows({b"": "Lesson", b"3": "No runs yet", b"?": "Help"}[keys]))
    app.until(lambda: app.quiet)
    shown = list(app.screen.display)
    app.resize(20, 5)
    app.resize(80, 24)
    app.until(lambda: app.screen.display == shown)


def test_a_resize_at_every_frame(visit):
    app = visit()
    dice = random.Random(0)
    for _ in range(150):
        app.resize(dice.randint(1, 250), dice.randint(1, 70))
        app.look(0.005)
    app.resize(COLUMNS, ROWS)
    answers(app)
    app.until(lambda: app.shows("mlp-moons"))


def test_hundreds_of_keys_a_second_arrive_all_of_them(visit):
    app = visit()
    for _ in range(300):
        app.keys(b"\x1b[B\x1b[A")
        app.look(0)
    answers(app)
    app.until(lambda: app.shows("mlp-moons"))


def test_any_bytes_at_all(visit):
    app = visit()
    dice = random.Random(1)
    for _ in range(60):
        junk = bytes(dice.choices(range(256), k=dice.randint(1, 60)))
        # not what means quit, run or edit: a letter that a screen may take for an order is no test of the driver
        app.keys(bytes(byte for byte in junk if not chr(byte).isalpha() and byte not in (0x11, 0x0D, 0x0A, 0x03)))
        app.look(0.01)
    app.keys(b"\x1b[201~\x1b\x1b\x1b")
    assert app.quit() == 0, app.output[-6000:].decode(errors="replace")


def test_sigterm_gives_the_terminal_back(visit):
    app = visit()
    app.process.send_signal(signal.SIGTERM)
    while app.look() and app.process.poll() is None:
        continue
    while app.look(0) and b"\x1b[?1049l" not in app.output:
        continue
    assert app.process.wait(20) == 143 and b"\x1b[?1049l" in app.output


@pytest.mark.parametrize("stop", [None, signal.SIGSTOP, signal.SIGTSTP])
def test_it_goes_on_after_a_stop_of_any_kind_and_ends_when_asked(visit, stop):
    """Guards against threads that were started twice: the app would hang at its end."""
    app = visit()
    if stop:
        app.process.send_signal(stop)
        while app.look(0.2):  # what it still writes
            if psutil.Process(app.process.pid).status() == psutil.STATUS_STOPPED:
                break
    app.process.send_signal(signal.SIGCONT)
    answers(app)
    assert app.quit() == 0


def test_an_editor_that_does_not_start_gives_the_app_back(visit, tmp_path, monkeypatch):
    editor = tmp_path / "editor"
    editor.write_text("#!/nowhere/sh\n")
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.chdir(tmp_path)
    app = visit()
    app.keys(b"e")
    app.until(lambda: app.shows("cannot be started"))
    answers(app)
    assert app.quit() == 0


def test_many_signals_while_it_draws(visit):
    """Guards against work in a signal's handler: it may meet a lock that the interrupted thread holds."""
    app = visit()
    for number in range(60):
        app.keys(b"j" if number % 2 else b"k")
        app.process.send_signal(signal.SIGCONT)
        app.look(0.01)
    answers(app)
    assert app.quit() == 0


@pytest.mark.parametrize("stop", [None, signal.SIGSTOP])
def test_no_key_is_lost_while_it_takes_the_terminal_back(visit, stop):
    """Guards against a flush of what is typed meanwhile, and against a mode in which some keys mean something else."""
    app = visit()
    app.until(lambda: app.quiet)
    for wanted in ("?", "\x1b") * 6:
        if stop:
            app.process.send_signal(stop)
        app.process.send_signal(signal.SIGCONT)
        app.look(0.01)
        app.keys(wanted.encode())
        app.until(lambda wanted=wanted: app.shows("esc closes") == (wanted == "?"))
    mode = termios.tcgetattr(app.master)[3]
    assert app.quit() == 0
    assert not mode & termios.ICANON and termios.tcgetattr(app.master)[3] & termios.ICANON  # as it was before us


def test_a_terminal_that_went_away_ends_it(visit):
    app = visit()
    os.close(app.master)
    app.master = os.open(os.devnull, os.O_RDONLY)  # what the fixture closes
    assert app.process.wait(20) in (-signal.SIGHUP, 129)


def test_a_terminal_that_went_away_ends_it_where_hanging_up_is_ignored(visit):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does: the app inherits it
    try:
        app = visit()
    finally:
        signal.signal(signal.SIGHUP, before)
    os.close(app.master)
    app.master = os.open(os.devnull, os.O_RDONLY)  # what the fixture closes
    assert app.process.wait(20) == 143


def test_a_terminal_that_reads_nothing_for_a_while_is_caught_up_with(visit):
    app = visit()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:  # nobody reads
        app.keys(b"\x1b[B")
        select.select([], [], [], 0.02)
    answers(app)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20), (200, 60)])
def test_it_opens_at_any_size(visit, columns, rows):
    app = visit(columns=columns, rows=rows)
    answers(app)
    assert app.quit() == 0


def test_without_colours_no_colour_reaches_the_terminal(visit, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = visit()
    answers(app)
    import re

    codes = {code for found in re.findall(rb"\x1b\[([\d;]*)m", app.output) for code in found.split(b";")}
    assert not [code for code in codes if code.isdigit() and 30 <= int(code) <= 107 and int(code) not in (39, 49)], (
        codes
    )
