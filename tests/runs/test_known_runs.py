"""What is known of thousands of runs is what their own files tell, whatever became of the cache or of the files."""

import os
from pathlib import Path

import pytest

from dltui.recipes import recipe
from dltui.runs import events, reading_cache, settings
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.facts import RunFacts
from dltui.runs.known_runs import KnownRuns

ENDED = {"step": 9, "steps": 9, "summary": {"loss": "nan", "accuracy": 0.5}, "expect": [], "seconds": 2.0}
STATUSES = ("done", "stopped", "failed")


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Files count as settled at once: the tests do not wait."""
    monkeypatch.setattr(reading_cache, "SETTLED", -1.0)


@pytest.fixture
def ended(home):
    """Three runs that have ended, each with a recipe, and known."""
    found = []
    for number, status in enumerate(STATUSES):
        text = recipe.to_toml(recipe.load("mlp-moons", {"optimizer.lr": 0.1 * (number + 1)}))
        run = runs.create(f"mlp-{number}", text, {})
        log = EventLog(run.log)
        log.write("started", step=0, steps=9)
        log.write("finished", status=status, **ENDED)
        log.close()
        found.append(run)
    asked(found)
    return found


@pytest.fixture
def read(monkeypatch):
    """The files that were read in place of the cache."""
    found, last_line, given = [], events.last_line, settings.read_written
    monkeypatch.setattr(events, "last_line", lambda log: found.append(Path(log)) or last_line(log))
    monkeypatch.setattr(settings, "read_written", lambda run, *at: found.append(run.recipe_file) or given(run, *at))
    return found


def asked(found, known=None):
    """What is known of each run, written down after it."""
    known = known or KnownRuns()
    told = [(repr(known.state(run)), known.given(run)) for run in found]  # a NaN is equal to nothing
    known.keep(found)
    return told


def told_by_files(found):
    return [(repr(runs.state(run)), settings.read(run)) for run in found]


def test_what_is_known_is_not_read_again_and_is_the_same(ended, read):
    told = asked(ended)
    assert read == []
    assert told == told_by_files(ended)
    facts = RunFacts(ended[1], KnownRuns())
    assert facts.values_of_setting("optimizer.lr") == [0.2, 0.2] and facts.settings == RunFacts(ended[1]).settings


def test_a_log_that_went_on_is_read(ended, read):
    log = EventLog(ended[1].log)
    log.write("started", step=3, steps=9)
    log.close()
    assert [KnownRuns().state(run).status for run in ended] == ["done", "lost", "failed"]
    assert set(read) == {ended[1].log}


def test_a_file_of_the_same_size_and_time_that_is_another_is_read(ended, read):
    run = ended[0]
    before = run.recipe_file.stat()
    run.recipe_file.write_text(run.recipe_file.read_text().replace("lr = 0.1", "lr = 0.7"))
    os.utime(run.recipe_file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run.recipe_file.stat().st_size == before.st_size
    assert KnownRuns().given(run).values["optimizer.lr"] == 0.7 and read == [run.recipe_file]


def test_a_file_that_has_just_changed_is_not_taken_for_the_one_it_will_be(ended, monkeypatch):
    """Within one tick of the disk's clock a second change leaves no trace."""
    monkeypatch.setattr(reading_cache, "SETTLED", 60.0)
    reading_cache.ReadingCache("run-recipes.jsonl").path.unlink()
    asked(ended)
    assert not reading_cache.ReadingCache("run-recipes.jsonl").path.exists()


@pytest.mark.parametrize("name", ["ended-runs.jsonl", "run-recipes.jsonl"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data[::-1], lambda data: b"\0" * 99,
        lambda data: data.replace(b"done", b"lost").replace(b"adam", b"sgdm"), lambda data: data.replace(b"-", b"_"),
        lambda data: b"\n".join(line[:20] for line in data.split(b"\n")), lambda data: data.replace(b" ", b"\n"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_made_again(ended, read, name, damage):
    path = reading_cache.ReadingCache(name).path
    path.write_bytes(damage(path.read_bytes()))
    told = asked(ended)
    assert read and told == told_by_files(ended)
    read.clear()
    assert asked(ended) == told and not read


def test_what_another_version_kept_counts_for_nothing(ended, read, monkeypatch):
    monkeypatch.setattr(reading_cache, "_OF_VERSION", 1)
    told = asked(ended)
    assert len(read) == 6 and told == told_by_files(ended)


def test_lines_of_runs_that_changed_places_are_not_believed(ended, read):
    for name in ("ended-runs.jsonl", "run-recipes.jsonl"):
        path = reading_cache.ReadingCache(name).path
        data = path.read_bytes()
        first, last = (os.fsencode(run.id) for run in (ended[0], ended[2]))
        path.write_bytes(data.replace(first, b"*").replace(last, first).replace(b"*", last))
    assert asked(ended) == told_by_files(ended)


def test_two_processes_write_at_once(ended):
    """Both have opened the file before either writes, one of them writes it anew; each is told the truth, later too."""
    for cache in ("ended-runs.jsonl", "run-recipes.jsonl"):
        reading_cache.ReadingCache(cache).path.unlink()
    one, other = KnownRuns(), KnownRuns()
    for known, part in ((one, ended[:2]), (other, ended[1:])):
        assert [(repr(known.state(run)), known.given(run)) for run in part] == told_by_files(part)
    one.keep(ended)
    other.keep(ended)
    assert asked(ended) == told_by_files(ended)


def test_a_process_that_appends_survives_one_that_is_torn(ended, read):
    path = reading_cache.ReadingCache("ended-runs.jsonl").path
    path.write_bytes(path.read_bytes()[:-30])
    asked(ended)
    read.clear()
    assert asked(ended) == told_by_files(ended)


def test_the_file_does_not_grow_for_ever(ended, monkeypatch):
    monkeypatch.setattr(reading_cache, "SPARE", 0)
    for step in range(20):
        log = EventLog(ended[0].log)
        log.write("finished", status="done", **ENDED | {"step": step})
        log.close()
        known = KnownRuns()
        assert known.state(ended[0]).step == step
        known.keep(ended[:2])
    assert len(reading_cache.ReadingCache("ended-runs.jsonl").path.read_bytes().splitlines()) <= 8


def test_a_home_that_cannot_be_written_and_a_folder_of_any_name_are_no_fault(ended, home):
    path = reading_cache.ReadingCache("ended-runs.jsonl").path
    path.unlink()
    path.mkdir()
    odd = runs.Run(home / "runs" / os.fsdecode(b"\xff \n-1-2-3"))
    os.rename(ended[0].path, odd.path)
    assert asked([odd, *ended[1:]]) == told_by_files([odd, *ended[1:]])
    path.rmdir()
    assert asked([odd, *ended[1:]]) == asked([odd, *ended[1:]]) == told_by_files([odd, *ended[1:]])


def test_a_recipe_with_a_date_is_read_each_time(ended, read):
    """JSON has no dates."""
    with ended[0].recipe_file.open("a") as file:
        file.write("\n[train.when]\nday = 2026-01-01\n")
    asked(ended)
    assert KnownRuns().given(ended[0]).values["train.when.day"].year == 2026
