"""control.jsonl is written by others: whatever stands there, requests are read and the rest is passed over."""

import json
import time

import pytest

from dltui.engine.training import control
from dltui.engine.training.control import Control

STOP = b'{"op":"stop"}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.jsonl"


def add(path, data):
    with open(path, "ab") as file:
        file.write(data)


GARBAGE = {
    "words": b"stop it\n",
    "brackets": b"[" * 2000 + b"\n",
    "deep objects": b'{"op":' * 3000 + b"\n",
    "no UTF-8": b'\xff\xfe{"op":"pause"}\n',
    "a list": b'["stop"]\n',
    "op is a number": b'{"op":3}\n',
    "too many digits": b'{"op":"set","value":' + b"1" * 5000 + b"}\n",
    "a line of 10 MB": b"x" * 10_000_000 + b"\n",
    "a request of 10 MB": b'{"op":"pause","more":"' + b"x" * 10_000_000 + b'"}\n',
    "nothing": b"\n",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_request_is_passed_over_and_the_next_is_read(path, garbage):
    read = Control(path)
    add(path, STOP + garbage + STOP)
    found = [request for _ in range(30) for request in read.read()]
    assert found == [{"op": "stop"}] * 2
    assert read.passed_over and len(read.passed_over) < 200
    assert read.offset == path.stat().st_size and read.read() == []


def test_a_line_without_an_end_is_read_once_and_not_at_every_look(path):
    read = Control(path)
    add(path, b"x" * 10_000_000)
    looks = 0
    while read.offset < path.stat().st_size:
        read.read()
        looks += 1
        assert looks < 20
    begun = time.perf_counter()
    for _ in range(1000):
        assert read.read() == []
    assert time.perf_counter() - begun < 1
    add(path, b"and more\n" + STOP)
    assert read.read() == [{"op": "stop"}]


def test_a_torn_line_is_waited_for(path):
    read = Control(path)
    line = json.dumps({"op": "set", "key": "optimizer.lr", "value": 0.5}).encode()
    add(path, line[:20])
    assert read.read() == [] and not read.passed_over
    add(path, line[20:] + b"\n")
    assert read.read() == [{"op": "set", "key": "optimizer.lr", "value": 0.5}]


def test_requests_that_are_more_than_one_look_reads_are_all_read(path, monkeypatch):
    monkeypatch.setattr(control, "AT_ONCE", 1000)
    monkeypatch.setattr(control, "LONGEST", 500)
    read = Control(path)
    add(path, b"".join(json.dumps({"op": "show", "n": n}).encode() + b"\n" for n in range(300)))
    assert [request["n"] for _ in range(20) for request in read.read()] == list(range(300))


def test_a_file_that_was_emptied_is_read_from_its_beginning(path):
    read = Control(path)
    add(path, STOP * 3)
    assert len(read.read()) == 3
    path.write_bytes(STOP)
    assert read.read() == [{"op": "stop"}]
