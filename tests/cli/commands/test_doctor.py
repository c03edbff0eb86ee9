"""`dltui doctor`."""

import http.server
import json
import threading

import pytest

from dltui.errors import DltuiError
from dltui.jobs import engine_answer

KNOWN = {"torch": "2.13", "cuda": "", "threads": 2, "fault": "", "links": {},
         "devices": [{"name": "cpu", "is": "cpu", "memory": 0, "precision": "fp32"}]}  # fmt: skip


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """A machine with a CPU, where the hub is not asked."""
    monkeypatch.setattr(engine_answer, "ask", lambda entry: KNOWN)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def hub(monkeypatch):
    """hub(status) -> a hub on loopback that answers so."""
    servers = []

    def serve(status: int) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                return

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def found(dltui, **options) -> dict[str, dict]:
    return {row["what"]: row for row in json.loads(dltui("doctor", "--json", **options).out)}


def test_a_sound_machine(dltui):
    result = dltui("doctor")
    assert result.status == 0 and "torch" in result.out and "GB free" in result.out
    assert "unset HF_HUB_OFFLINE" in result.out.partition("To fix")[2]


def test_a_torch_that_does_not_start_is_a_fault(dltui, monkeypatch):
    def broken(entry):
        raise DltuiError("ended with status 1: ImportError: libc10")

    monkeypatch.setattr(engine_answer, "ask", broken)
    result = dltui("doctor")
    assert result.status == 1 and "FAULT" in result.out and "libc10" in result.out


def test_a_gpu_that_cannot_be_used_is_told(dltui, monkeypatch):
    monkeypatch.setattr(engine_answer, "ask", lambda entry: KNOWN | {"fault": "driver too old"})
    assert found(dltui)["cuda"]["level"] == "note"


@pytest.mark.parametrize(("status", "level"), [(200, "ok"), (404, "ok"), (503, "note")])
def test_the_hub_is_asked_once(dltui, hub, status, level):
    hub(status)
    assert found(dltui)["hub"]["level"] == level


def test_an_unreachable_hub_is_no_fault(dltui, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    hub = found(dltui)["hub"]
    assert hub["level"] == "note" and "out of reach" in hub["found"] and "HF_ENDPOINT" in hub["fix"]


def test_a_home_that_cannot_be_written_is_a_fault(dltui, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "file" / "below"))
    assert dltui("doctor").status == 1 and "DLTUI_HOME" in found(dltui)["runs"]["fix"]


def test_what_the_terminal_lacks(dltui):
    poor = found(dltui, terminal=True, TERM="linux", LANG="C")
    assert poor["colours"]["level"] == poor["characters"]["level"] == "note"
    rich = found(dltui, terminal=True, COLORTERM="truecolor")
    assert rich["colours"]["level"] == rich["characters"]["level"] == "ok"


def test_how_gpus_are_joined_is_told_where_there_are_several(dltui, monkeypatch):
    assert "joined by" not in dltui("doctor").out
    joined = KNOWN | {"links": {"NVLink": ["cuda:0-cuda:1"], "PCI Express between NUMA nodes": ["cuda:0-cuda:2"]}}
    monkeypatch.setattr(engine_answer, "ask", lambda entry: joined)
    told = {one["found"] for one in json.loads(dltui("doctor", "--json").out) if one["what"] == "joined by"}
    assert told == {"NVLink: cuda:0-cuda:1", "PCI Express between NUMA nodes: cuda:0-cuda:2"}
