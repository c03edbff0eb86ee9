"""Whoever is told: a program that writes down what it was given, and a small HTTP server that does."""

import json
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PROGRAM = """
import json, os, sys
told = {"stdin": json.load(sys.stdin), "words": sys.argv[2:]}
told["variables"] = {name: value for name, value in os.environ.items() if name.startswith("DLTUI_NOTIFY")}
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(told) + "\\n")
"""


class Program:
    """`command` is what notify.toml names, `calls` what it was given so far."""

    def __init__(self, folder: Path):
        self.path, self._record = folder / "tell it.py", folder / "told.jsonl"  # a space: shlex is meant
        self.path.write_text(PROGRAM)
        self.command = shlex.join([sys.executable, str(self.path), str(self._record), "$HOME", "a;b"])

    @property
    def calls(self) -> list[dict]:
        return list(map(json.loads, self._record.read_text().splitlines())) if self._record.exists() else []


class Server:
    """`url` is what notify.toml names, `posts` what it was given so far, as (path, content type, JSON)."""

    def __init__(self, status: int = 200):
        self.posts: list[tuple[str, str, dict]] = []
        self.hangs = threading.Event()
        self.release = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
                if owner.hangs.is_set():
                    owner.release.wait(30)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook/secret"


@contextmanager
def serving(status: int = 200) -> Iterator[Server]:
    """A server that answers every POST with this status."""
    server = Server(status)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.http.shutdown()
        thread.join()
        server.http.server_close()


def settings(home: Path, **values: object) -> None:
    """Writes notify.toml."""
    home.mkdir(parents=True, exist_ok=True)
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    (home / "notify.toml").write_text("".join(lines))
