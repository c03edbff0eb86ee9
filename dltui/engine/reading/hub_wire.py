"""Bytes from the hub, of bounded size and in bounded time: a server may hang, trickle, never end, or send other than
it promised."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

STALL_SECONDS = 3.0  # without a byte
WINDOW_SECONDS, LEAST_RATE = 10.0, 10_000  # a download that brings fewer bytes a second for so long is given up
MOST_REDIRECTS = 5
SHA256 = re.compile(r'"?([0-9a-f]{64})"?')
DIGITS = re.compile(r"[0-9]{1,15}")


class Refused(Exception):
    """The server answered with an error: `status`."""

    def __init__(self, status: int):
        super().__init__(f"the hub answered {status}")
        self.status = status


class Untrue(Exception):
    """The server sent what it had not promised: trying again is of no use."""


class _NotWritten(Exception):
    """The disk did not take a piece."""


def answer(url: str, seconds: float, most: int) -> bytes:
    """Returns what the server says at `url`, all of it within `seconds`, `most` bytes of it at most.

    Raises TimeoutError, Refused, Untrue, OfflineModeIsEnabled, and what the session's HTTP library raises.
    """
    until = time.monotonic() + seconds

    def work() -> bytes:
        body = bytearray()
        with _response(url, {}, seconds) as (response, _):
            for piece in response.iter_raw():
                body += piece
                if len(body) > most:
                    raise Untrue(f"its answer has more than {most:,} bytes")
                if time.monotonic() > until:
                    raise TimeoutError
        return bytes(body)

    return within(seconds, work)


def within(seconds: float, work: Callable[[], object]) -> object:
    """Returns what `work` returns, or raises what it raises; TimeoutError where it takes longer.

    The socket's own timeout is not enough: a name server may hang before there is a socket.
    """
    outcome: list[tuple[object, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:  # handed to the caller below
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError
    result, error = outcome[0]
    if error is None:
        return result
    raise TimeoutError if "Timeout" in type(error).__name__ else error


def download(url: str, into: BinaryIO, promised: int | None, most: int, report: Callable[[int, int], None]) -> None:
    """Writes the file at `url`, gone on with where a connection breaks off, as long as each try brings something.

    into: a file, empty. promised: bytes, where they are known. most: bytes that there may be. report: is told how many
    there are, of all.
    Raises Untrue, TimeoutError where it comes too slowly, OSError where the disk is full, and what the last try that
    brought nothing raised.
    """
    transfer = _Transfer(url, into, promised, most)
    thread = threading.Thread(target=transfer.run, daemon=True)  # here it is watched: a name server may hang, too
    thread.start()
    seen, since = 0, time.monotonic()
    try:
        while thread.is_alive():
            thread.join(0.1)
            report(transfer.written, transfer.total or promised or 0)
            passed = time.monotonic() - since
            if passed >= WINDOW_SECONDS and thread.is_alive():
                if transfer.received - seen < LEAST_RATE * passed:
                    rate = (transfer.received - seen) / passed
                    raise TimeoutError(f"it came at {rate:,.0f} bytes a second, fewer than {LEAST_RATE:,}")
                seen, since = transfer.received, time.monotonic()
    finally:
        transfer.given_up = True
    if transfer.error:
        raise transfer.error


class _Transfer:
    """A download in a thread of its own."""

    def __init__(self, url: str, into: BinaryIO, promised: int | None, most: int):
        self.url, self.into, self.promised, self.most = url, into, promised, most
        self.written, self.received = 0, 0  # received: bytes of all tries
        self.sha256 = hashlib.sha256()
        self.total: int | None = None
        self.digest = ""
        self.error: Exception | None = None
        self.given_up = False

    def run(self) -> None:
        while self.total is None or self.written < self.total:
            before = self.written
            try:
                self._append()
            except Exception as error:  # whatever the session's HTTP library raises: httpx, httpx2, ssl
                final = isinstance(error, Untrue | _NotWritten)
                if self.given_up or final or self.written <= before:
                    self.error = error.__cause__ if isinstance(error, _NotWritten) else error
                    return
        if self.digest and self.sha256.hexdigest() != self.digest:
            self.error = Untrue("it came damaged: its sha256 is not what the hub has")

    def _append(self) -> None:
        """Appends what the file lacks."""
        headers = {"Range": f"bytes={self.written}-"} if self.written else {}
        with _response(self.url, headers, STALL_SECONDS) as (response, first):
            if response.status_code != 206:
                self._begin_anew()
            self._check_head(response, first)
            for piece in response.iter_raw():  # as they come: a larger one would be lost where the connection breaks
                self.received += len(piece)
                self._write(piece)
                if self.written > self.total:
                    raise Untrue(f"it has more than the {self.total:,} bytes that it said")
                if self.given_up:
                    raise TimeoutError

    def _write(self, piece: bytes) -> None:
        try:
            self.into.write(piece)
        except OSError as error:
            raise _NotWritten from error
        self.sha256.update(piece)
        self.written += len(piece)

    def _begin_anew(self) -> None:
        """The server sends all of it again."""
        self.into.seek(0)
        self.into.truncate()
        self.sha256, self.written = hashlib.sha256(), 0

    def _check_head(self, response, first) -> None:
        """Takes the size and the sha256 from the answer's head. Raises Untrue where it is not the promised file."""
        length = response.headers.get("Content-Length") or ""
        if not DIGITS.fullmatch(length):
            raise Untrue("the answer does not say how many bytes it has")
        self.total = self.written + int(length)
        if self.total > self.most:
            raise Untrue(f"it has {self.total / 1e9:,.1f} GB, at most {self.most / 1e9:g} GB are read")
        if self.promised is not None and self.total != self.promised:
            raise Untrue(f"it has {self.total:,} bytes, the hub's list says {self.promised:,}")
        # the hub names the sha256 of a large file in its first answer, before it sends us on to where the bytes lie
        digest = SHA256.fullmatch(first.get("X-Linked-Etag") or first.get("ETag") or "")
        self.digest = digest[1] if digest else ""


@contextmanager
def _response(url: str, headers: dict[str, str], seconds: float) -> Iterator[tuple]:
    """Yields the answer, its body not yet read, and the head of the first one where it was sent on."""
    from huggingface_hub.utils import build_hf_headers, get_session

    session = get_session()
    headers = {**build_hf_headers(), **headers, "Accept-Encoding": "identity"}
    request, first = session.build_request("GET", url, headers=headers, timeout=seconds), None
    for _ in range(1 + MOST_REDIRECTS):  # by ourselves: the library would read each body first, be it endless
        response = session.send(request, stream=True, follow_redirects=False)
        try:
            first = response.headers if first is None else first
            request = response.next_request
            if request is None:
                if response.status_code not in (200, 206):
                    raise Refused(response.status_code)
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise Untrue("it is packed, which was not asked for")
                yield response, first
                return
        finally:
            response.close()
    raise Untrue(f"it was sent on more than {MOST_REDIRECTS} times")
