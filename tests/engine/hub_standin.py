"""A stand-in for the Hugging Face hub on loopback, for tests: one data set, and faults."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Event, Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml
from huggingface_hub import constants, utils
from PIL import Image

from dltui.engine.reading import hub_requests

COMMIT = "c0ffee" * 6 + "abcd"


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does; `server.fault` says how it misbehaves."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        server.tokens.append(self.headers.get("Authorization") or "")
        if server.fault == "hang":
            server.over.wait(30)
        if server.fault in ("hang", "drop"):
            self.close_connection = True
        elif isinstance(server.fault, int):
            self._send(server.fault, b"{}")
        elif "/revision/refs%2Fconvert%2Fparquet" in self.path:
            self._send(404, b"{}")
        elif self.path.startswith("/api/"):
            self._send(200, json.dumps(server.info).encode())
        else:
            self._send_file(server.files[self.path.partition(f"/resolve/{COMMIT}/")[2]])

    def _send_file(self, body: bytes):
        server = self.server
        digest = hashlib.sha256(b"other" if server.fault == "damaged" else body).hexdigest()
        start = int((self.headers.get("Range") or "=0-").split("=")[1].rstrip("-"))
        if server.fault in ("cut", "cut always") and body.startswith(b"PAR1") and not (start and server.fault == "cut"):
            self.close_connection = True
            length, body = len(body), body[: len(body) // 2]
            return self._send(200, body, digest, length)
        return self._send(206 if start else 200, body[start:], digest)

    def _send(self, status: int, body: bytes, digest: str = "", length: int | None = None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if digest:
            self.send_header("ETag", f'"{digest}"')
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def standing_in(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], fault: str | int = ""):
    """Yields a server, which `huggingface_hub` takes for the hub; `asked` lists (path, range) of each request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.fault, server.asked, server.tokens, server.over = files, fault, [], [], Event()
    server.info = {"id": "x/y", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub_requests, "_unreachable", "")
    utils.close_session()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        utils.close_session()
        server.shutdown()
        server.server_close()
        thread.join()


def pictures(rows: int, seed: int) -> np.ndarray:
    """Pictures (rows, 28, 28) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (rows, 28, 28), np.uint8)


def png(picture: np.ndarray) -> bytes:
    """A picture as a PNG."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def mnist_files(train: int = 30, test: int = 10) -> dict[str, bytes]:
    """The files of a small `ylecun/mnist`: noise for digits, the row number modulo 10 as the label."""
    return {"README.md": card("mnist"), **dict(_mnist_files(train, test))}


def card(config: str, folder: str | None = None, **more: object) -> bytes:
    """A README.md that names the files of a configuration, and what else is given."""
    place = config if folder is None else folder
    at = f"{place}/" if place else ""
    files = [{"split": split, "path": f"{at}{split}-*"} for split in ("train", "test")]
    head = {"configs": [{"config_name": config, "data_files": files}], **more}
    return f"---\n{yaml.safe_dump(head)}---\nA card.\n".encode()


def _mnist_files(*sizes: int) -> Iterator[tuple[str, bytes]]:
    for seed, (split, rows) in enumerate(zip(("train", "test"), sizes, strict=True)):
        images = [{"bytes": png(picture), "path": None} for picture in pictures(rows, seed)]
        table = pa.table({"image": images, "label": [row % 10 for row in range(rows)]})
        file = BytesIO()
        pa.parquet.write_table(table, file)
        yield f"mnist/{split}-00000-of-00001.parquet", file.getvalue()
