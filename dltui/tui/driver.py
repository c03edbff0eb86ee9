"""Textual's driver for terminals that forget, garble or lag: reattached by tmux, rebuilt by an editor, far away.

A terminal that was rebuilt under us (tmux reattached, an editor's window reloaded) has forgotten that it was asked for
mouse reports in digits and sends them as raw bytes, ESC [ M and three more. Past column 95 these are no UTF-8, at which
Textual 8.2 ends with UnicodeDecodeError (https://github.com/Textualize/textual/issues/6668). Here they are dropped
before anything decodes them, and the terminal is asked again.
"""

import asyncio
import os
import re
import select
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

RAW_MOUSE = re.compile(rb"\x1b\[M(?:[\x20-\xff]{3}|[\x20-\xff]{0,2}(?=\x1b))")  # whole, or cut off by what follows
CUT_OFF = re.compile(rb"\x1b\[M[\x20-\xff]{0,2}\Z")  # its end comes with the next read
CHUNK = 4096
LAG = 3  # writes that may wait for the terminal before it is given no more pictures


class Typed:
    """Bytes of a terminal -> text, without raw mouse reports; what is no UTF-8 is a replacement character.

    Enter that was pressed before the app had the terminal has become a line feed there: it is enter again.
    """

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._rest = b""

    def text(self, data: bytes) -> tuple[str, bool]:
        """Returns the text of the next bytes, and whether there were raw mouse reports among them.

        The beginning of a report is kept until its end comes; where nothing came in time, b"", it is forgotten.
        """
        data, reports = RAW_MOUSE.subn(b"", self._rest + data if data else b"")
        cut = CUT_OFF.search(data)
        data, self._rest = (data[: cut.start()], cut[0]) if cut else (data, b"")
        return self._decode(data).replace("\n", "\r"), reports > 0


class SteadyDriver(LinuxDriver):
    """LinuxDriver whose input cannot end the app. Its loop is that of Textual 8.2, which has no place to hook in."""

    def __init__(self, app: App, **options: object):
        self._loop, self._stop_asked, self._keeps_typed = asyncio.get_running_loop(), False, False
        super().__init__(app, **options)

    @property
    def congested(self) -> bool:
        """Whether the terminal is behind with what it was sent: Textual would block once 30 writes wait."""
        return self._writer_thread is not None and self._writer_thread._queue.qsize() > LAG

    # A signal may come while the main thread holds a lock that a thread of the driver waits for, and stopping waits for
    # that thread: a handler only leaves word with the event loop, which does the work where nothing is held.

    def _sigtstp_application(self, *details: object) -> None:
        """Ctrl+Z. While something else has the terminal, as an editor, there is nothing to give back."""
        if self._auto_restart:
            self._stop_asked = True
            self._loop.call_soon_threadsafe(self._stop)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *details: object) -> None:
        if self._auto_restart:
            self._stop_asked = False
            self._loop.call_soon_threadsafe(self._go_on)

    def _stop(self) -> None:
        """Gives the terminal back and stops, unless it was continued meanwhile: nobody would do so again."""
        if not self._stop_asked:
            return
        self._suspend()
        self._must_signal_resume = True
        if self._stop_asked:
            self._stop_asked = False
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)  # late reports of the mouse, which are no shell's
            os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Goes on after Ctrl+Z, and after a stop that nobody told us of (kill -STOP) or that there was none.

        Without the first step Textual would start its threads a second time, and hang at its end. The terminal keeps
        its mode meanwhile, and what is typed: it is read afterwards.
        """
        before = self.attrs_before
        if not self._must_signal_resume:
            self.attrs_before = None
            self._suspend()
            self._must_signal_resume = True
        super()._sigcont_application()
        self.attrs_before = before  # and not those that we have set ourselves

    def _suspend(self) -> None:
        self._keeps_typed = True
        try:
            self.suspend_application_mode()
        finally:
            self._keeps_typed = False

    def disable_input(self) -> None:
        """Ends the reading of the terminal. Textual drops what was typed since; where we go on with it, it is kept."""
        if not self._keeps_typed or self.exit_event.is_set():
            super().disable_input()
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.exit_event.clear()

    def run_input_thread(self) -> None:
        """Reads the terminal until the app ends or the terminal is gone."""
        typed, parser = Typed(), XTermParser(self._debug)
        while not self.exit_event.is_set():
            data = self._read()
            if data is None:
                os.kill(os.getpid(), signal.SIGHUP)  # nobody looks any more: end as if the terminal had told so
                os.kill(os.getpid(), signal.SIGTERM)  # where SIGHUP is ignored, as by nohup
                return
            text, raw_mouse = typed.text(data)
            if raw_mouse:
                self._enable_mouse_support()
            try:
                self._deliver(parser.feed(text) if text else ())
                self._deliver(parser.tick())
            except (ParseError, ValueError, OverflowError, ZeroDivisionError):  # no key is worth the app
                parser = XTermParser(self._debug)
        with suppress(ParseError):
            self._deliver(parser.feed(""))

    def _deliver(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _read(self) -> bytes | None:
        """Bytes as soon as there are some, b"" after 0.1 s without; None where the terminal is gone."""
        try:
            if not select.select([self.fileno], [], [], 0.1)[0]:
                return b""
            return os.read(self.fileno, CHUNK) or None
        except OSError:
            return None
