"""The entry that fills the cache: what it answers is JSON, line by line."""

import json
import sys

import pytest

from dltui.engine.commands import fetch
from dltui.engine.reading import tensor_file
from tests.engine.hub_standin import mnist_files, standing_in


@pytest.fixture
def ask(monkeypatch, tmp_path, capfd):
    """Returns a caller of the entry: (its status, its lines)."""
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))

    def call(*words: str) -> tuple[int, list[dict]]:
        monkeypatch.setattr(sys, "argv", ["fetch", *words])
        status = fetch.main()
        return status, [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return call


def test_it_fetches_tells_its_progress_and_what_there_is(ask, monkeypatch):
    with standing_in(monkeypatch, mnist_files()):
        status, lines = ask("mnist")
    assert status == 0 and lines[:-1] and all(line.keys() == {"progress"} for line in lines[:-1])
    told = lines[-1]
    assert (told["source"], told["rows"], told["train"], told["test"]) == ("hub", 40, 30, 10)
    assert told["path"] == str(tensor_file.of_hub("mnist")) and told["classes"] == list("0123456789")
    assert ask("mnist", "--only-info")[1][-1]["detail"] == "ylecun/mnist, from the cache"


def test_info_alone_asks_nobody(ask, monkeypatch):
    with standing_in(monkeypatch, mnist_files()) as server:
        status, lines = ask("mnist", "--only-info")
        assert server.asked == []
    assert (status, lines[-1]["source"], lines[-1]["rows"], lines[-1]["path"]) == (0, "builtin", 14_000, "")


def test_a_hub_that_fails_is_an_error_with_status_4(ask, monkeypatch):
    with standing_in(monkeypatch, mnist_files(), 503):
        status, lines = ask("mnist")
    assert status == 4 and lines[-1]["exit"] == 4 and "answered 503" in lines[-1]["error"] and lines[-1]["hint"]


def test_a_kind_that_is_built_in_needs_no_fetching(ask):
    status, lines = ask("clouds")
    assert (status, lines[-1]["source"], lines[-1]["path"]) == (0, "builtin", "")


def test_an_unknown_kind_names_the_nearest(ask):
    status, lines = ask("minst")
    assert status == 2 and 'Did you mean "mnist"' in lines[-1]["hint"]
