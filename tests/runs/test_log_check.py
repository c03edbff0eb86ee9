"""A log that is as it was written is whole, whatever has happened to its run; each edit by hand is noticed."""

import errno
import json
import os
import random
import tracemalloc

import pytest

from dltui.runs import abridged_log, log_chain, log_check, unattended
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.log_check import EDITED, NOT_CHAINED, WHOLE

CLAIM = {"name": "accuracy", "want": ">= 0.9", "got": 0.85, "ok": False}


@pytest.fixture
def run(home):
    """A run that went to its end and missed its claim."""
    made = runs.create("mine", 'name = "mine"\ntitle = "Mine"\nsteps = 9\n', {})
    log = EventLog(made.log)
    log.write("note", level="info", text="data: points")
    log.write("started", step=0, steps=9, series=[""], files=log_check.digests(made))
    for step in range(1, 10):
        log.write("scalars", series="", step=[step], values={"loss": [1 / step]})
        log.write("frame", series="", step=step, pane="p", payload={"type": "text", "text": "x" * 300})
    log.write("finished", status="done", step=9, steps=9, summary={"accuracy": 0.85}, expect=[CLAIM])
    log.close()
    return made


def lines(run) -> list[bytes]:
    return run.log.read_bytes().splitlines(keepends=True)


def edited(run, *changes: tuple[bytes, bytes]) -> str:
    """Why the run is edited, after each of `changes` in its log; it must be noticed in what is handed in too."""
    data = run.log.read_bytes()
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    return found(run, data)


def found(run, data: bytes) -> str:
    run.log.write_bytes(data)
    state, why = log_check.check(run)
    assert state == EDITED and handed_in(run) == (EDITED, why)
    return why


def handed_in(run) -> log_check.Verdict:
    """What a teacher finds of the log without its numbers and pictures."""
    log, most = run.log.read_bytes(), 1 << 20
    short = abridged_log.of(run.log, most)
    try:
        run.log.write_bytes(short)
        return log_check.check(run, abridged=True)
    finally:
        run.log.write_bytes(log)


def test_a_log_as_it_was_written_is_whole(run):
    assert log_check.check(run) == (WHOLE, "") and handed_in(run).state == WHOLE
    assert all(len(json.loads(line)["h"]) == log_chain.LENGTH for line in lines(run))


def test_an_edited_value_claim_and_time_are_noticed_by_their_line(run):
    whole = run.log.read_bytes()
    assert edited(run, (b'"loss":[0.25]', b'"loss":[0.01]')).startswith("line 9 of its log is not as it was written")
    run.log.write_bytes(whole)
    assert "line 21 of its log" in edited(run, (b'"got":0.85,"ok":false', b'"got":0.95,"ok":true'))
    run.log.write_bytes(whole)
    assert "line 1 of its log" in edited(run, (b'"t":1', b'"t":0'))


@pytest.mark.parametrize("number", [0, 1, 5, 19])
def test_a_line_that_is_removed_added_or_elsewhere_is_noticed(run, number):
    kept = lines(run)
    assert f"line {number + 1} of its log" in found(run, b"".join(kept[:number] + kept[number + 1 :]))
    swapped = [*kept[:number], kept[number + 1], kept[number], *kept[number + 2 :]]
    assert f"line {number + 1} of its log" in found(run, b"".join(swapped))
    assert f"line {number + 2} of its log" in found(run, b"".join(kept[: number + 1] + kept[number:]))
    bare = log_chain.split(kept[number][:-1])[0] + b"}\n"
    assert f"line {number + 2} of its log was added" in found(run, b"".join([*kept[: number + 1], bare]))


def test_no_byte_of_a_log_can_change_unnoticed(run):
    data, chance = run.log.read_bytes(), random.Random(0)
    for place in chance.sample(range(len(data) - 1), 150):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        run.log.write_bytes(changed)
        assert log_check.check(run).state == EDITED
        short = abridged_log.of(run.log, 1 << 20)
        if short is not None:  # else the student's dltui says what it found
            assert handed_in(run).state == EDITED


def test_only_who_computes_the_chain_again_is_not_noticed(run):
    """And it is said so: this is no proof."""
    link, forged = log_chain.FIRST, b""
    for line in lines(run):
        said = log_chain.split(line[:-1])[0].replace(b'"ok":false', b'"ok":true') + b"}\n"
        line, link = log_chain.linked(said, link)
        forged += line
    run.log.write_bytes(forged)
    assert log_check.check(run).state == WHOLE


def test_an_edited_configuration_is_noticed(run):
    run.recipe_file.write_text(run.recipe_file.read_text().replace("9", "8"))
    assert log_check.check(run) == (EDITED, "recipe.toml is not as it was when the run began")
    assert handed_in(run).state == EDITED
    run.recipe_file.unlink()
    assert "recipe.toml cannot be read" in log_check.check(run).why


def test_a_recipe_that_was_changed_before_it_went_on_is_noticed_and_one_that_was_lengthened_is_whole(run):
    run.recipe_file.write_text(run.recipe_file.read_text().replace("9", "18"))
    digests = log_check.digests(run)
    unattended.add(run, "note", level="info", text="train.steps=18 from here", files=digests)
    assert log_check.check(run).state == WHOLE, "not gone on yet"
    unattended.add(run, "started", step=9, steps=18, series=[""], files=digests)
    assert log_check.check(run).state == handed_in(run).state == WHOLE
    run.recipe_file.write_text(run.recipe_file.read_text().replace("18", "27"))
    unattended.add(run, "started", step=18, steps=27, series=[""], files=log_check.digests(run))
    assert log_check.check(run).why == "recipe.toml was changed before the run went on (line 24 of its log)"


def test_files_of_kinds_are_looked_at_where_they_are_and_nothing_outside_the_run_is(run):
    kind = run.path / "kinds" / "my_net.py"
    kind.parent.mkdir()
    kind.write_text("SECTION = 'model'\n")
    outside = {"../../x": "0", "/etc/passwd": "0", "kinds/../../x": "0"}
    told = {**log_check.digests(run), **outside}
    unattended.add(run, "started", step=9, steps=9, series=[""], files=told)
    assert "kinds/my_net.py" in told and log_check.check(run).state == WHOLE
    kind.write_text("SECTION = 'loss'\n")
    assert log_check.check(run).why == "kinds/my_net.py is not as it was when the run began"
    kind.unlink()
    assert "cannot be read" in log_check.check(run).why and handed_in(run).state == WHOLE


def test_a_run_that_is_passed_off_as_one_of_another_recipe(run):
    (run.path / "run.json").write_text('{"recipe": "gan-mnist"}')
    assert (
        log_check.check(run).why
        == "run.json says that it is a run of gan-mnist, and recipe.toml that it is one of mine"
    )


def test_a_log_from_before_the_chain_is_not_chained_whatever_goes_on_in_it(run):
    run.log.write_bytes(b"".join(log_chain.split(line[:-1])[0] + b"}\n" for line in lines(run)))
    assert log_check.check(run).state == NOT_CHAINED
    unattended.add(run, "started", step=9, steps=18, series=[""], files=log_check.digests(run))
    unattended.add(run, "finished", status="done", step=18, steps=18)
    assert log_check.check(run).state == NOT_CHAINED
    assert abridged_log.of(run.log, 1 << 20) is None
    last = lines(run)
    run.log.write_bytes(b"".join([*last[:-1], last[-1].replace(b'"step":18', b'"step":27')]))
    assert log_check.check(run).state == EDITED, "what came since is"


def test_without_a_log_nothing_is_known(run):
    run.log.write_bytes(b"")
    assert log_check.check(run).state == NOT_CHAINED
    run.log.unlink()
    assert log_check.check(run).state == NOT_CHAINED
    os.mkfifo(run.log)
    assert log_check.check(run).state == NOT_CHAINED


def test_torn_at_any_byte_it_goes_on_whole(run):
    data = run.log.read_bytes()
    chance = random.Random(0)
    for end in (0, 1, len(data) - 1, *chance.sample(range(len(data)), 40)):
        run.log.write_bytes(data[:end])
        assert log_check.check(run).state == (WHOLE if b"\n" in data[:end] else NOT_CHAINED)
        log = EventLog(run.log)
        log.write("note", text="goes on")
        log.close()
        assert log_check.check(run).state == WHOLE


def test_a_disk_that_was_full_for_a_while_leaves_it_whole(run, monkeypatch):
    log, real, room = EventLog(run.log), os.write, [30]

    def write(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        size = real(file, data[: room[0]])
        room[0] -= size
        return size

    with monkeypatch.context() as full:
        full.setattr(os, "write", write)
        for number in range(4):
            log.write("note", text=str(number))
        room[0] = 10**6
        log.write("note", text="after")
    log.close()
    assert len(lines(run)) == 26 and log_check.check(run).state == WHOLE


def test_a_large_log_is_read_in_bounded_memory(run, monkeypatch):
    """Also one whose lines are longer than what is read at once."""
    log = EventLog(run.log)
    for number in range(300):
        log.write("note", text="x" * (3_000_000 if number == 7 else 30_000))
    log.close()
    tracemalloc.start()
    try:
        assert log_check.check(run).state == WHOLE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert run.log.stat().st_size > 11e6 and peak < 6e6
    run.log.write_bytes(run.log.read_bytes().replace(b"xxxx", b"xxxy", 1))
    assert log_check.check(run).state == EDITED
    assert abridged_log.of(run.log, 1 << 20) is None, "too large to be handed in"


def test_what_is_handed_in_is_small_and_ends_as_the_log_does(run):
    short = abridged_log.of(run.log, 1 << 20)
    assert len(short) < 2000 and b'"scalars"' not in short and b"xxx" not in short
    assert short.splitlines()[-1] == run.log.read_bytes().splitlines()[-1]
    assert abridged_log.of(run.log, len(short)) == short and abridged_log.of(run.log, len(short) - 1) is None


@pytest.mark.parametrize("line", [b'{"omitted":""}', b'{"omitted":"0123"}', b'{"omitted":"' + b"0" * 32 + b'"}'])
def test_lines_that_stand_for_others_are_none_of_a_log_itself(run, line):
    run.log.write_bytes(line + b"\n" + run.log.read_bytes())
    assert log_check.check(run).state != WHOLE and log_check.check(run, abridged=True).state != WHOLE
