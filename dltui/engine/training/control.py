"""What the user asks while a run goes on: lines of control.jsonl, and signals."""

import json
import os
import signal
from pathlib import Path

LONGEST = 1 << 14  # bytes of a line that can be a request
AT_ONCE = 1 << 20  # bytes that are read at one look: a step is not to wait for more


class Control:
    """Reads new lines of control.jsonl. A torn last line is "not yet"; one that is no request is passed over."""

    def __init__(self, path: Path):
        self.path, self.offset = path, 0
        self.terminated = False
        self.passed_over = ""  # the first line that was no request, as its beginning shows it
        self._within = False  # a line that is too long to be a request

    def listen(self) -> None:
        """SIGTERM asks to stop, a second one ends the process at once; the terminal's own signals are ignored."""
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _terminate(self, *_: object) -> None:
        if self.terminated:
            os._exit(128 + signal.SIGTERM)
        self.terminated = True

    def terminate(self) -> None:
        """Asks to stop, as SIGTERM does."""
        self.terminated = True

    def read(self) -> list[dict]:
        """Returns what was asked since the last call: objects with an "op", a text."""
        try:
            size = os.stat(self.path).st_size
            if size == self.offset:
                return []
            if size < self.offset:  # somebody has emptied it
                self.offset, self._within = 0, False
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                *lines, rest = file.read(AT_ONCE).split(b"\n")
        except OSError:
            return []
        self.offset += sum(len(line) + 1 for line in lines)
        if lines and self._within:
            del lines[0]
            self._within = False
        asked = [request for line in lines if (request := self._request(line))]
        if len(rest) > LONGEST:
            self._pass_over(rest)
            self.offset += len(rest)
            self._within = True
        return asked

    def _request(self, line: bytes) -> dict | None:
        try:
            request = json.loads(line) if len(line) <= LONGEST else None
        except (ValueError, RecursionError):
            request = None
        if isinstance(request, dict) and isinstance(request.get("op"), str):
            return request
        self._pass_over(line)
        return None

    def _pass_over(self, line: bytes) -> None:
        if not self.passed_over:
            self.passed_over = repr(line[:40])[1:] + ("..." if len(line) > 40 else "")
