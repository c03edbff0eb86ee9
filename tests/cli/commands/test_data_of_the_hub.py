"""`dltui data` of any data set of the hub: what it is, fetched, looked at, listed and deleted, all by its name."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.runs import run as runs
from dltui.runs.events import Tail
from tests.engine.hub_standin import COMMIT, standing_in
from tests.engine.reading.test_hub_sets import PICTURES, repository


@pytest.fixture
def hub(monkeypatch):
    """A hub on loopback with the data set x/y, for the engines too."""
    with standing_in(monkeypatch, repository(*PICTURES)) as server:
        for name, value in {
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_OFFLINE": "0", "no_proxy": "127.0.0.1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield server


def test_a_set_is_told_fetched_looked_at_listed_and_deleted(dltui, hub):
    told = dltui("data", "info", "hf:x/y")
    assert told.status == ExitStatus.OK and COMMIT in told.out
    assert "one of 2 classes" in told.out and "photographs" in told.out
    assert not any(path.endswith("test.parquet") for path, _ in hub.asked), "one file tells the columns"

    fetched = json.loads(dltui("data", "fetch", "hf:x/y", "--recipe", "lenet-mnist", "--json").out)
    assert (fetched["kind"], fetched["rows"], fetched["commit"]) == ("mnist", {"train": 40, "test": 20}, COMMIT)

    looked = dltui("data", "look", "hf:x/y", "--recipe", "lenet-mnist")
    assert looked.status == ExitStatus.OK and "40 train" in looked.out and "cat" in looked.out

    assert "hf:x/y" in dltui("data", "list").out
    deleted = dltui("data", "rm", "hf:x/y")
    assert deleted.status == ExitStatus.OK and "deleted" in deleted.err
    assert "hf:x/y" not in dltui("data", "list").out


def test_a_run_tells_the_commit_of_its_rows_in_its_log_and_its_record(dltui, hub):
    """Guards a run that nobody can repeat because the set has moved on."""
    done = dltui("run", "lenet-mnist", "--data", "hf:x/y", "train.steps=2", "--threads", "1", "--quiet")
    assert done.status == ExitStatus.OK, done.err
    run = runs.newest_first()[0]
    (started,) = (event for event in Tail(run.log).read() if event["kind"] == "started")
    assert run.info()["commit"] == started["data"]["commit"] == COMMIT
    assert run.info()["data"] == "hf:x/y", "the rest stands as it did"


@pytest.mark.parametrize("name", ["hf:", "hf:a/b/c", "hf:../x"])
@pytest.mark.parametrize("command", ["info", "fetch", "rm", "look"])
def test_what_is_no_name_is_refused_before_an_engine_is_started(dltui, name, command, monkeypatch):
    monkeypatch.setattr("dltui.jobs.engine_answer.ask", lambda *words, **more: pytest.fail("an engine was asked"))
    result = dltui("data", command, name)
    assert result.status == ExitStatus.USAGE and "hf:OWNER/NAME" in result.err
