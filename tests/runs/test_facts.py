"""What lists ask of a run: read once, whatever the state of its folder; and how runs that ended are read quickly."""

import json
import time

import pytest

from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.facts import RunFacts, begun
from dltui.runs.run import Run, State

ENDED = {"status": "done", "exit": 0, "step": 9, "steps": 9, "seconds": 2.0, "error": "", "summary": {"loss": 0.5}}


@pytest.fixture
def make(home):
    """make("mlp-moons", recipe="...", topic="...") -> a run that is done."""

    def make(name: str = "mlp-moons", topic: str = "", **info: object) -> Run:
        run = runs.create(name, f'name = "{name}"\ntopic = "{topic}"\ntitle = "x"\n', info)
        log = EventLog(run.log)
        log.write("started", step=0, steps=9)
        log.write("scalars", series="", step=[1, 9], values={"loss": [1.0, 0.7]})
        log.write("finished", **ENDED, expect=[{"name": "loss", "want": "< 1", "got": 0.5, "ok": True}])
        log.close()
        return run

    return make


def test_everything_about_a_bundled_recipes_run(make):
    facts = RunFacts(make(overrides={"optimizer.lr": 0.1}))
    assert not facts.is_read and facts.read() is facts and facts.is_read
    assert (facts.recipe, facts.topic, facts.status, facts.claim) == ("mlp-moons", "01_foundations", "done", "met")
    assert facts.numbers == {"step": 9, "steps": 9, "seconds": 2.0, "loss": 0.5}
    assert facts.overrides == {"optimizer.lr": 0.1}
    assert facts.log_size == facts.run.log.stat().st_size


def test_a_run_with_a_name_of_its_own_and_a_recipe_of_ones_own(make):
    named, own = RunFacts(make("try", recipe="mlp-moons")), RunFacts(make("mine", topic="mine_too"))
    assert (named.stem, named.recipe, named.topic) == ("try", "mlp-moons", "01_foundations")
    assert (own.recipe, own.topic) == ("mine", "mine_too")


def test_what_is_read_is_kept(make):
    facts = RunFacts(make()).read()
    runs.remove(facts.run)
    assert facts.status == "done" and facts.overrides == {}


@pytest.mark.parametrize(
    "line", ["{}", '{"kind": "finished"}', '{"kind": "scalars", "step": []}', '{"kind": "started", "t": 1}']
)
def test_a_broken_run_is_lost_and_raises_nothing(make, line):
    run = make()
    run.log.write_text(line + "\n")
    (run.path / "run.json").write_text("[1, 2]")
    run.recipe_file.unlink()
    facts = RunFacts(run)
    assert (facts.recipe, facts.topic, facts.claim, facts.overrides) == ("mlp-moons", "01_foundations", "none", {})
    assert facts.status in ("lost", "starting")


def test_a_run_began_when_its_id_says(home):
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(1_760_000_000))
    assert begun(Run(home / f"a-{stamp}-ffff")) == RunFacts(Run(home / f"a-{stamp}-ffff")).created == 1_760_000_000
    assert abs(begun(Run(home / "a-x-y-z")) - time.time()) < 5


# -- the quick way to read how a run ended -----------------------------------------------------------------------------


def test_an_ended_run_is_read_from_its_last_line(make, monkeypatch):
    run = make()
    monkeypatch.setattr(events, "last_events", lambda path: pytest.fail("the whole tail was read"))
    assert runs.state(run) == State(
        "done", 9, 9, {"loss": 0.5}, [{"name": "loss", "want": "< 1", "got": 0.5, "ok": True}], 2.0, ""
    )


@pytest.mark.parametrize("tail", ['{"kind": "not', '{"v":1,"seq":9,"t":1,"kind":"note","level":"info","text":"x"}\n'])
def test_what_follows_the_end_changes_nothing(make, tail):
    run = make()
    before = runs.state(run)
    with run.log.open("a") as log:
        log.write(tail)
    assert runs.state(run) == before


def test_an_end_longer_than_the_quick_look_is_read_too(make):
    run = make()
    last = events.last_event(run.log)
    summary = {f"metric_{number}": float(number) for number in range(500)}
    with run.log.open("a") as log:
        log.write(json.dumps(last | {"summary": summary}) + "\n")
    assert events.last_event(run.log) is None
    assert runs.state(run).summary == summary


def test_the_last_event_of_no_log_of_an_empty_one_and_of_a_torn_one(tmp_path):
    path = tmp_path / "events.jsonl"
    assert events.last_event(path) is None
    for text in ("", "\n", '{"kind": "note"', "not json\n"):
        path.write_text(text)
        assert events.last_event(path) is None
    path.write_bytes(events.encode({"seq": 3, "t": 1.0, "kind": "note", "text": "x"}))
    assert events.last_event(path)["text"] == "x"
