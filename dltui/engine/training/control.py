"""What the user asks while a run goes on: lines of control.jsonl, and signals."""

import json
import os
import signal
from pathlib import Path


class Control:
    """Reads new lines of control.jsonl; a torn or broken line is passed over."""

    def __init__(self, path: Path):
        self.path, self.offset = path, 0
        self.terminated = False

    def listen(self) -> None:
        """SIGTERM asks to stop, a second one ends the process at once; the terminal's own signals are ignored."""
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _terminate(self, *_: object) -> None:
        if self.terminated:
            os._exit(128 + signal.SIGTERM)
        self.terminated = True

    def read(self) -> list[dict]:
        """Returns what was asked since the last call."""
        try:
            if os.stat(self.path).st_size == self.offset:
                return []
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                lines = file.read().split(b"\n")
        except OSError:
            return []
        asked = []
        for line in lines[:-1]:
            self.offset += len(line) + 1
            try:
                request = json.loads(line)
            except ValueError:
                continue
            if isinstance(request, dict) and isinstance(request.get("op"), str):
                asked.append(request)
        return asked
