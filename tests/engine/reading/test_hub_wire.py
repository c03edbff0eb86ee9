"""A server that never ends, trickles or lies costs neither memory nor time beyond what was said."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from huggingface_hub import constants, utils

from dltui.engine.reading import hub_wire
from dltui.engine.reading.hub_wire import Refused, Untrue

FILE = bytes(range(256)) * 400  # 102,400 bytes
PIECE = bytes(1 << 16)


class Handler(BaseHTTPRequestHandler):
    """Answers each request with what the server's `says` does; `sent` counts the bytes."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.close_connection = True
        try:
            self.server.says(self)
        except OSError:  # the client has gone away
            self.server.left.set()

    def head(self, status: int = 200, **headers: object):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, data: bytes):
        self.wfile.write(data)
        self.server.sent += len(data)


def endless(handler: Handler):
    while True:
        handler.send(PIECE)


def trickle(handler: Handler, data: bytes = FILE):
    for number in range(len(data)):
        handler.send(data[number : number + 1])
        time.sleep(0.05)


def trickling_head(handler: Handler):
    trickle(handler, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000)


@contextmanager
def saying(monkeypatch: pytest.MonkeyPatch, says: Callable[[Handler], None]) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.says, server.sent, server.left = says, 0, threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/file"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    utils.close_session()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        utils.close_session()
        server.shutdown()
        server.server_close()
        thread.join()


def fetched(server: ThreadingHTTPServer, promised: int | None = None, most: int = 1_000_000) -> bytearray:
    into = BytesIO()
    hub_wire.download(server.url, into, promised, most, lambda done, total: None)
    return into.getvalue()


def test_a_file_comes_whole_and_is_compared_with_its_sha256(monkeypatch):
    def says(handler: Handler):
        handler.head(Content_Length=len(FILE), ETag=f'"{sha256(FILE).hexdigest()}"')
        handler.send(FILE)

    with saying(monkeypatch, says) as server:
        assert fetched(server, len(FILE)) == FILE


def headed(status: int = 200, then: Callable[[Handler], None] = endless, **headers: object):
    def says(handler: Handler):
        handler.head(status, **headers)
        then(handler)

    return says


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (headed(), "does not say how many bytes"),
        (headed(Transfer_Encoding="chunked"), "does not say how many bytes"),
        (headed(Content_Length=10**12), "at most 0.001 GB are read"),
        (headed(Content_Length=500_000), "has 500,000 bytes, the hub's list says 102,400"),
        (headed(Content_Length=len(FILE), Content_Encoding="gzip"), "packed"),
        (headed(302, Location="/file", Content_Length=10**12), "sent on more than 5 times"),
        (headed(Content_Length=len(FILE), ETag=f'"{"0" * 64}"'), "came damaged"),
    ],
)
def test_what_is_not_the_promised_file_is_not_taken_in(monkeypatch, says, told):
    with saying(monkeypatch, says) as server, pytest.raises(Untrue, match=told):
        fetched(server, len(FILE))
    assert server.sent < 100_000_000  # what the sockets hold; an endless body once came to 5.5 GB


def test_an_error_is_told_and_its_endless_body_left(monkeypatch):
    with saying(monkeypatch, headed(500, Content_Length=10**12)) as server, pytest.raises(Refused) as caught:
        fetched(server)
    assert caught.value.status == 500 and server.sent < 100_000_000


@pytest.mark.parametrize("where", ["body", "head"])
def test_a_trickle_is_given_up_and_left(monkeypatch, where):
    """Each byte comes in time for the socket, and in this way it would take an hour and a half."""
    monkeypatch.setattr(hub_wire, "WINDOW_SECONDS", 0.5)
    says = headed(Content_Length=len(FILE), then=trickle) if where == "body" else trickling_head
    begun = time.monotonic()
    with saying(monkeypatch, says) as server:
        with pytest.raises(TimeoutError, match="bytes a second, fewer than 10,000"):
            fetched(server)
        assert time.monotonic() - begun < 5
        if where == "body":
            assert server.left.wait(5), "the connection is closed"


def test_a_connection_that_breaks_at_each_byte_is_given_up_too(monkeypatch):
    monkeypatch.setattr(hub_wire, "WINDOW_SECONDS", 0.5)

    def says(handler: Handler):
        start = int((handler.headers.get("Range") or "=0-").split("=")[1].rstrip("-"))
        handler.head(206 if start else 200, Content_Length=len(FILE) - start)
        handler.send(FILE[start : start + 1])

    with saying(monkeypatch, says) as server, pytest.raises(TimeoutError, match="bytes a second"):
        fetched(server)


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (headed(then=trickle), TimeoutError),
        (trickling_head, TimeoutError),
        (headed(), Untrue),
        (headed(Content_Length=10**12), Untrue),
        (headed(404, Content_Length=10**12), Refused),
    ],
)
def test_a_short_answer_is_short_in_time_and_in_bytes(monkeypatch, says, error):
    begun = time.monotonic()
    with saying(monkeypatch, says) as server, pytest.raises(error):
        hub_wire.answer(server.url, 2.0, 100_000)
    assert time.monotonic() - begun < 6 and server.sent < 100_000_000
