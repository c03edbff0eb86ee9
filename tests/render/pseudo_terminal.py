"""A pseudo-terminal for tests: what a program writes to it, and what a person would see."""

import fcntl
import os
import pty
import struct
import termios
import threading

import pyte


class Terminal:
    """A pseudo-terminal of 40 x 10 whose other end is read all the time, as a terminal does."""

    def __init__(self):
        self.master, slave = pty.openpty()
        self.resize(40, 10)
        self.stream = os.fdopen(slave, "w")
        self.data = b""
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            with self._arrived:
                self.data += data
                self._arrived.notify_all()

    def until(self, ending: bytes, times: int = 1) -> bytes:
        """What has arrived, once it ends with `ending` and holds it so many times."""
        with self._arrived:
            assert self._arrived.wait_for(
                lambda: self.data.endswith(ending) and self.data.count(ending) >= times, 10
            ), self.data
            return self.data

    def close(self) -> None:
        self.stream.close()
        self._reader.join(10)  # before the number of its file can mean another one
        os.close(self.master)


def shown(data: bytes, columns: int = 40, lines: int = 10) -> list[str]:
    """What a terminal that got `data` shows."""
    screen = pyte.Screen(columns, lines)
    # pyte does not know the private mode 2026; a terminal passes over what it does not know
    pyte.ByteStream(screen).feed(data.replace(b"\x1b[?2026h", b"").replace(b"\x1b[?2026l", b""))
    return [row.rstrip() for row in screen.display]
