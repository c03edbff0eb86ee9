"""The log: what is written is read again, torn lines are cut or waited for, and a full disk loses nothing."""

import errno
import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.runs import events
from dltui.runs.events import EventLog, Tail, decode, encode, last_events


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


@pytest.fixture
def log(path):
    log = EventLog(path)
    yield log
    log.close()


def written(path) -> list[dict]:
    return list(Tail(path).read())


def note(**fields: object) -> dict:
    return {"v": 1, "seq": 0, "t": 1.0, "kind": "note", "text": "x"} | fields


# -- one event ---------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["text", "values", "payload"]), VALUES))
def test_an_event_is_one_line_and_comes_back(fields):
    event = note(level="info", **{f"its {name}": value for name, value in events.cleaned(fields).items()})
    line = encode(event)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode(line) == event


def test_nan_and_infinity_are_texts_that_float_reads_back():
    values = [1.5, math.nan, math.inf, -math.inf]
    line = encode({"kind": "scalars", "values": {"loss": values}, "deep": [{"x": (math.nan,)}]})
    assert b"NaN" not in line and b"Infinity" not in line
    event = json.loads(line, parse_constant=lambda name: pytest.fail(name))
    assert event["values"]["loss"] == [1.5, "nan", "inf", "-inf"]
    assert event["deep"] == [{"x": ["nan"]}]
    back = [float(value) for value in event["values"]["loss"]]
    assert math.isnan(back[1]) and back[2:] == [math.inf, -math.inf]


@pytest.mark.parametrize("line", [b"", b"3", b"[]", b"{}", b'{"kind"', b"\xff{}", b'"kind"', b"null"])
def test_what_is_no_event(line):
    with pytest.raises(ValueError):
        decode(line)


EVIL = "a\x1b]52;c;cm0=\x07b\x1b[2J\x9b31m"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": EVIL},
        {"payload": {"type": "table", "columns": [EVIL], "rows": [[0, EVIL, 0.5], [1, 2, EVIL]]}},
        {"payload": {EVIL: {"captions": (EVIL, 3)}}},
    ],
)
def test_no_escape_enters_the_log(log, path, fields):
    """Also not between two numbers: a row of a table is [place, label, probability]."""
    log.write("a kind of a later version", **fields)
    assert written(path)
    for said in (json.dumps(written(path), ensure_ascii=False), path.read_text()):
        assert "\\u001b" not in said and "\x1b" not in said and "\x9b" not in said and "52;c" not in said


def test_a_file_name_that_is_not_utf8_can_be_told(log, path):
    log.write("note", level="error", text=os.fsdecode(b"caf\xe9.png"))
    assert written(path)[0]["text"] == "caf.png"


# -- writing and reading -----------------------------------------------------------------------------------------------


def test_events_are_numbered_and_timed(log, path):
    returned = [log.write("note", level="info", text=str(i)) for i in range(3)]
    assert written(path) == returned
    assert [event["seq"] for event in returned] == [0, 1, 2]
    assert all(event["v"] == events.VERSION and event["t"] > 1.6e9 for event in returned)


def test_a_tail_gives_each_event_once_and_waits_for_a_torn_line(path):
    line = encode(note(text="кот"))
    tail = Tail(path)
    assert list(tail.read()) == []  # no file yet
    for end in range(len(line)):
        path.write_bytes(line + line[:end])
        assert len(list(tail.read())) == (1 if end == 0 else 0)
    path.write_bytes(line + line)
    assert list(tail.read()) == [decode(line)]
    assert list(tail.read()) == []


def test_a_reader_that_stops_midway_goes_on_where_it_stopped(log, path):
    for i in range(5):
        log.write("note", text=str(i))
    tail = Tail(path)
    first = next(tail.read())
    assert [first["text"], *(event["text"] for event in tail.read())] == ["0", "1", "2", "3", "4"]


def test_a_broken_line_inside_is_passed_over(path):
    path.write_bytes(encode(note()) + b"\x00\x00garbage\n[1]\n\n")
    log = EventLog(path)
    log.write("note", text="x")
    log.close()
    assert [event["seq"] for event in written(path)] == [0, 1]


def test_lines_longer_than_a_chunk(log, path, monkeypatch):
    monkeypatch.setattr(events, "CHUNK", 64)
    texts = ["x" * size for size in (1, 63, 64, 65, 1000, 2)]
    for text in texts:
        log.write("note", text=text)
    assert [event["text"] for event in written(path)] == texts


@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_opening_cuts_a_torn_tail_and_goes_on_counting(path, monkeypatch, chunk):
    monkeypatch.setattr(events, "CHUNK", chunk)
    first = EventLog(path)
    first.write("note", text="whole")
    first.write("note", text="to be torn")
    first.close()
    whole = path.read_bytes()
    keep = whole.index(b"\n") + 1
    for end in range(keep, len(whole)):
        path.write_bytes(whole[:end])
        again = EventLog(path)
        assert path.read_bytes() == whole[:keep]
        again.write("note", text="next")
        again.close()
        assert [(event["seq"], event["text"]) for event in written(path)] == [(0, "whole"), (1, "next")]


def test_a_log_that_is_only_a_torn_line_begins_anew(path):
    path.write_bytes(b'{"v":1,"seq":0,"ki')
    log = EventLog(path)
    assert log.write("note", text="x")["seq"] == 0
    log.close()
    assert len(written(path)) == 1


# -- a full disk -------------------------------------------------------------------------------------------------------


def test_a_full_disk_loses_no_event_once_there_is_room(log, path, monkeypatch):
    """The disk takes half of a line, then nothing: a reader sees "not yet". Room comes: all is there, once."""
    log.write("note", text="before")
    real, room = os.write, [30]

    def write(file: int, data: bytes) -> int:
        if file != log._file:
            return real(file, data)
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        size = real(file, data[: room[0]])
        room[0] -= size
        return size

    monkeypatch.setattr(os, "write", write)
    tail = Tail(path)
    for i in range(4):
        log.write("note", text=str(i))
        assert [event["text"] for event in tail.read()] == (["before"] if i == 0 else [])
    room[0] = 10**6
    log.write("note", text="after")
    assert [event["text"] for event in tail.read()] == ["0", "1", "2", "3", "after"]
    assert [event["seq"] for event in written(path)] == list(range(6))


def test_what_waits_is_written_at_the_end(path, monkeypatch):
    """`finished` is the last event: no later one would carry it."""
    log = EventLog(path)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, data: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        log.write("finished", status="done")
        assert written(path) == []
    log.close()
    assert [event["kind"] for event in written(path)] == ["finished"]


LIMITED = """
import resource, sys
from pathlib import Path
from dltui.runs.events import EventLog
log = EventLog(Path(sys.argv[1]))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
for i in range(50):
    log.write("note", text=f"event {i}")
assert Path(sys.argv[1]).stat().st_size == 1000
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
log.write("note", text="event 50")
log.close()
"""


def test_a_file_that_the_system_lets_grow_no_further(path):
    subprocess.run([sys.executable, "-c", LIMITED, str(path)], check=True)
    assert [event["text"] for event in written(path)] == [f"event {i}" for i in range(51)]


# -- the end of a log --------------------------------------------------------------------------------------------------


def test_last_events_of_a_short_and_of_no_log(log, path, tmp_path):
    assert last_events(tmp_path / "none") == []
    assert last_events(path) == []
    log.write("note", text="a")
    log.write("note", text="b")
    assert [event["text"] for event in last_events(path)] == ["a", "b"]


@given(size=st.integers(1, 400))
def test_last_events_are_whole_and_the_last_ones(tmp_path_factory, size):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    path.write_bytes(b"".join(encode(note(n=n)) for n in range(12)) + b'{"torn')
    numbers = [event["n"] for event in last_events(path, size)]
    assert numbers and numbers == list(range(numbers[0], 12))


def test_one_line_longer_than_the_tail(log, path):
    """A matrix of 64 KB as the last event: the end of the log is still found, and so is the next number."""
    log.write("note", text="before")
    log.write("frame", series="", step=1, pane="a", payload={"type": "bars", "values": [0.123456] * 30_000})
    assert path.stat().st_size > 1 << 17
    assert last_events(path)[-1]["kind"] == "frame"
    again = EventLog(path)
    assert again.seq == 2
    again.close()


# -- lines that are no events of ours ----------------------------------------------------------------------------------

GOOD = {
    "started": {"step": 0, "steps": 9, "series": ["a"], "metrics": {"loss": {"better": "lower"}}, "data": {"rows": 3}},
    "scalars": {"series": "a", "step": [1, 2], "values": {"loss": [0.5, "nan"], "lr": [1, 2.0]}},
    "frame": {"series": "a", "step": 1, "pane": "p", "payload": {"type": "bars", "labels": ["x"], "values": [1.0]}},
    "note": {"text": "x"},
    "control": {"op": "set", "step": 1, "key": "lr", "value": 0.1},
    "guess": {"answer": "accuracy", "value": 0.5, "language": "en"},
    "checkpoint": {"step": 1, "file": "a", "sha256": "b"},
    "finished": {
        "status": "done",
        "summary": {"loss": "inf"},
        "expect": [{"name": "loss", "want": "< 1", "got": None, "ok": False}],
    },
}


def line_of(kind: str, **fields: object) -> bytes:
    return json.dumps({"v": 1, "seq": 0, "t": 1.0, "kind": kind, **GOOD.get(kind, {}), **fields}).encode()


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_comes_through_and_no_field_of_it_can_be_of_another_type(kind):
    event = decode(line_of(kind))
    assert event.items() >= GOOD[kind].items()
    for name in ("seq", "t", *GOOD[kind]):
        if name == "value":  # whatever the knob takes, or was guessed
            continue
        for value in ({"a": []}, [[]], True, -(10**30), 10**400, "\ud800"):
            if name == "data" and value == {"a": []}:  # a table may hold more than we know
                continue
            with pytest.raises(ValueError):
                decode(line_of(kind, **{name: value}))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("scalars", {"step": []}),
        ("scalars", {"step": [2, 1]}),
        ("scalars", {"step": [1, 1.5]}),
        ("scalars", {"step": [1, "2"]}),
        ("scalars", {"step": [-1, 2]}),
        ("scalars", {"step": [1, 2**63]}),
        ("scalars", {"values": {"loss": [0.5]}}),
        ("scalars", {"values": {"loss": [0.5, "high"]}}),
        ("scalars", {"values": {"loss": [0.5, None]}}),
        ("scalars", {"values": {"loss": [0.5, 10**400]}}),
        ("scalars", {"values": {"loss": [10**400, -(10**400)]}}),
        ("frame", {"payload": {"labels": ["x"]}}),
        ("frame", {"payload": {"type": "bars", "values": {"a": 1}}}),
        ("frame", {"payload": {"type": "boxes", "file": "a.png", "boxes": [{"cell": "one"}]}}),
        ("started", {"metrics": {"loss": {"range": [0]}}}),
        ("started", {"series": ["a", 3]}),
        ("finished", {"status": "running"}),
        ("finished", {"exit": 99}),
        ("finished", {"expect": [{"name": "loss"}]}),
        ("finished", {"seconds": float("nan")}),
    ],
)
def test_what_a_kind_cannot_say(kind, fields):
    with pytest.raises(ValueError):
        decode(line_of(kind, **fields))


@pytest.mark.parametrize("line", [b"[" * 2000, b'{"a":' * 2000, b'{"kind":"note\xff"}', b"9" * 5000])
def test_no_line_raises_anything_else(line):
    with pytest.raises(ValueError):
        decode(line)


def test_what_is_missing_and_may_be_is_filled_in():
    ended = decode(json.dumps({"seq": 1, "t": 1.0, "kind": "finished", "status": "diverged"}).encode())
    assert (ended["exit"], ended["summary"], ended["expect"], ended["seconds"], ended["error"]) == (5, {}, [], 0.0, "")
    assert "step" not in ended


def test_a_payload_of_another_version_is_no_fault():
    for payload in ({"type": "hologram", "x": [[[1]]]}, {"type": "bars", "later": {}}, {"type": "heat"}):
        assert decode(line_of("frame", payload=payload))["payload"] == payload
    filed = {"type": "heat", "values": {"file": "a.npy"}}
    assert decode(line_of("frame", payload=filed))["payload"] == filed


def test_broken_lines_are_counted_and_later_kinds_are_not(path):
    later = json.dumps({"v": 9, "seq": 3, "t": 1.0, "kind": "hologram", "of": [1]}).encode()
    lines = (line_of("note"), line_of("scalars", step=3), b"[" * 2000, later, line_of("note", text="last"))
    path.write_bytes(b"\n".join([*lines, b'{"torn']))
    tail = Tail(path)
    assert [event["kind"] for event in tail.read()] == ["note", "hologram", "note"]
    assert tail.unreadable == 2


def test_a_line_without_an_end_takes_no_memory_and_hides_nothing(path, monkeypatch):
    monkeypatch.setattr(events, "CHUNK", 100)
    monkeypatch.setattr(events, "LONGEST", 500)
    path.write_bytes(line_of("note") + b"\n" + b"x" * 5000)
    tail = Tail(path)
    assert len(list(tail.read())) == 1 and tail.offset > 4500
    with path.open("ab") as file:
        file.write(b'"}\n' + line_of("note", text="after") + b"\n")
    assert [event["text"] for event in tail.read()] == ["after"]
    assert tail.unreadable == 1


def test_a_stored_frame_reads_its_picture_when_asked(path):
    path.write_bytes(line_of("note") + b"\n" + line_of("frame") + b"\n")
    _, frame = Tail(path, stored=True).read()
    assert "payload" not in frame and (frame["step"], frame["pane"]) == (1, "p")
    assert frame["payload"] == GOOD["frame"]["payload"]
    path.write_bytes(b"{}\n" * 100)
    with pytest.raises(ValueError):
        frame["payload"]


@pytest.mark.parametrize("stored", [False, True])
def test_the_shape_of_a_picture_is_known_without_the_log(log, path, stored):
    """Where pictures stand is worked out many times a second: not by reading each from the disk."""
    payloads = (
        {"type": "image", "file": "x.png", "rows": 2, "columns": 5},
        {"type": "matrix", "rows": ["a", "b"], "columns": ["a", "b"], "values": [[1, 0], [0, 1]]},
        {"type": "text", "text": "x"},
    )
    for payload in payloads:
        log.write("frame", series="", step=1, pane="p", payload=payload)
    found = list(Tail(path, stored=stored).read())
    path.unlink()
    assert [events.shape(event) for event in found] == [("image", 2, 5), ("matrix", 1, 1), ("text", 1, 1)]


def test_a_tail_that_skips_gives_only_what_comes_then(log, path):
    log.write("note", text="before")
    with path.open("ab") as file:
        file.write(b'{"v":1,"seq":1,"t":1.0,"kind":"note","te')
    tail = Tail(path)
    tail.skip()
    with path.open("ab") as file:
        file.write(b'xt":"after"}\n')
    assert [event["text"] for event in tail.read()] == ["after"]
